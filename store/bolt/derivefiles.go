package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"snomredirect/store"
)

// moveOrdered changes a version's place in the order of versions when its record changes.
// Another version that has been written before may have the place already.
func moveOrdered(tx *writeTx, k, was, is []byte) error {
	b := tx.Bucket(bucketFileOrder)
	if was != nil {
		_, r, err := decodeFile(k, was)
		if err != nil {
			return err
		}
		place := numberKey(accountID(k), r.Number)
		if bytes.Equal(b.Get(place), k[4:]) {
			if err := b.Delete(place); err != nil {
				return err
			}
		}
	}
	if is == nil {
		return nil
	}
	_, r, err := decodeFile(k, is)
	if err != nil {
		return err
	}
	return b.Put(numberKey(accountID(k), r.Number), bytes.Clone(k[4:]))
}

// moveTokens changes the tokens that an account is found by when the record of its space
// changes. Another account that has been written before may have one already.
func moveTokens(tx *writeTx, k, was, is []byte) error {
	if len(k) != 4 {
		return errFile
	}
	b := tx.Bucket(bucketFileTokens)
	before, errWas := tokensOf(k, was)
	after, errIs := tokensOf(k, is)
	if err := errors.Join(errWas, errIs); err != nil {
		return err
	}
	for token := range before {
		if !bytes.HasPrefix(b.Get(tokenKey(token)), k) {
			continue
		}
		if err := b.Delete(tokenKey(token)); err != nil {
			return err
		}
	}
	for token, v := range after {
		if err := b.Put(tokenKey(token), v); err != nil {
			return err
		}
	}
	return nil
}

// tokensOf returns the tokens in the record of an account's space, if there is one, with
// their values.
func tokensOf(k, v []byte) (map[string][]byte, error) {
	if v == nil {
		return nil, nil
	}
	var r spaceRecord
	if json.Unmarshal(v, &r) != nil {
		return nil, errFile
	}
	return r.tokens(accountID(k)), nil
}

// tokens returns the tokens of the space of an account, with their values.
func (r spaceRecord) tokens(id store.AccountID) map[string][]byte {
	all := map[string][]byte{}
	if r.Token != "" {
		all[r.Token] = tokenValue(id, time.Time{})
	}
	if r.OldToken != "" {
		all[r.OldToken] = tokenValue(id, r.OldUntil)
	}
	return all
}
