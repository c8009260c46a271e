package bolt

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

var errRecord = errors.New("bolt: a phone's record is damaged")

// Bytes with which no URL begins.
const (
	retaken = 1
	noted   = 2
)

// appendPhone appends a phone's record: its owner and the second of its registration
// or of the end of its hold, both as varints, a byte if it was retaken, a byte, the
// length and the text of its note, if any, then its own URL, if any.
func appendPhone(b []byte, p store.Phone) []byte {
	b = binary.AppendUvarint(b, uint64(p.Owner))
	if p.Held() {
		b = binary.AppendVarint(b, p.HeldUntil.Unix())
	} else {
		b = binary.AppendVarint(b, p.Registered.Unix())
	}
	if p.Retaken {
		b = append(b, retaken)
	}
	if p.Note != "" {
		b = append(binary.AppendUvarint(append(b, noted), uint64(len(p.Note))), p.Note...)
	}
	return append(b, p.URL.String()...)
}

// decodePhone decodes a record. The result does not refer to the transaction's
// memory.
func decodePhone(mac, v []byte) (store.Phone, error) {
	if len(mac) != 6 {
		return store.Phone{}, errRecord
	}
	addr, err := macaddr.From6([6]byte(mac))
	if err != nil {
		return store.Phone{}, errRecord
	}
	r, err := decodeRecord(v)
	return store.Phone{MAC: addr, Owner: r.owner, Registered: r.second, Retaken: r.retaken,
		Note: store.Note(r.note), URL: store.RestoreURL(string(r.url))}, err
}

// decodeHold decodes the record of a phone on hold, as decodePhone does.
func decodeHold(mac, v []byte) (store.Phone, error) {
	p, err := decodePhone(mac, v)
	if err != nil || p.Retaken {
		return store.Phone{}, errRecord
	}
	p.HeldUntil, p.Registered = p.Registered, time.Time{}
	return p, nil
}

// A record is that of a phone, registered or on hold, in the transaction's memory.
type record struct {
	owner     store.AccountID
	second    time.Time
	retaken   bool
	note, url []byte
}

func decodeRecord(v []byte) (r record, err error) {
	if r.owner, r.second, r.url, err = decodeOwner(v); err != nil {
		return record{}, err
	}
	if r.retaken = len(r.url) > 0 && r.url[0] == retaken; r.retaken {
		r.url = r.url[1:]
	}
	if len(r.url) == 0 || r.url[0] != noted {
		return r, nil
	}
	length, n := binary.Uvarint(r.url[1:])
	if n <= 0 || length == 0 || length > uint64(len(r.url)-1-n) {
		return record{}, errRecord
	}
	r.note, r.url = r.url[1+n:][:length], r.url[1+n:][length:]
	return r, nil
}

// decodeOwner reads an account ID and a time in seconds, and returns the rest.
func decodeOwner(v []byte) (owner store.AccountID, second time.Time, rest []byte, err error) {
	id, n := binary.Uvarint(v)
	if n <= 0 || id == 0 || id > math.MaxUint32 {
		return 0, second, nil, errRecord
	}
	seconds, m := binary.Varint(v[n:])
	if m <= 0 {
		return 0, second, nil, errRecord
	}
	return store.AccountID(id), time.Unix(seconds, 0).UTC(), v[n+m:], nil
}
