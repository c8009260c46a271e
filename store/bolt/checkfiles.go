package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"

	"snomredirect/store"
)

// checkFiles checks that each version of a file is found and has its text, and compares
// the stored counts of each account with its versions.
func (c *check) checkFiles() {
	spaces := map[store.AccountID]spaceRecord{}
	c.each(bucketFileSpaces, 4, func(k, v []byte) {
		id := accountID(k)
		var r spaceRecord
		if json.Unmarshal(v, &r) != nil || r.Revision < store.FirstRevision {
			c.add("the record of the files of %s is damaged", c.name(id))
			return
		}
		if c.accounts[id] == nil {
			c.add("%s has files and does not exist", c.name(id))
		}
		spaces[id] = r
	})
	actual := map[store.AccountID]*spaceRecord{}
	of := func(id store.AccountID) *spaceRecord {
		if actual[id] == nil {
			actual[id] = new(spaceRecord)
		}
		return actual[id]
	}
	latest := ""
	c.Versions = c.each(bucketFiles, 0, func(k, v []byte) {
		folded, r, err := decodeFile(k, v)
		if err != nil {
			c.add("the record of a file is damaged: %s", shown(k))
			return
		}
		id := accountID(k)
		s := of(id)
		s.Versions++
		s.Bytes += r.Size
		if name := string(k[:4]) + string(folded); name != latest && !r.Removed {
			s.Files++
			c.Files++
		}
		latest = string(k[:4]) + string(folded)
		c.checkVersion(id, k, r)
	})
	for id := range spaces {
		of(id)
	}
	for id, n := range actual {
		if s := spaces[id]; s.Files != n.Files || s.Versions != n.Versions || s.Bytes != n.Bytes {
			c.add("the stored counts of %s's files are wrong", c.name(id))
		}
	}
	c.checkFileOrder()
	c.checkTokens(spaces)
}

// checkVersion checks a version, whose key in bucketFiles is k.
func (c *check) checkVersion(id store.AccountID, k []byte, r fileRecord) {
	if c.tx.Bucket(bucketFileOrder) == nil { // which is reported
		return
	}
	c.numbered(bucketFileOrder, r.Number, "a version of file "+string(r.Name)+" of "+c.name(id))
	if !bytes.Equal(c.get(bucketFileOrder, numberKey(id, r.Number)), k[4:]) {
		c.add("version %d of file %s of %s is missing in the order of versions", r.Version, r.Name, c.name(id))
	}
	text, ok := c.find(bucketFileTexts, numberKey(id, r.Number))
	sum := sha256.Sum256(text)
	switch {
	case r.Removed && ok:
		c.add("version %d of file %s of %s is a removal and has a text", r.Version, r.Name, c.name(id))
	case !r.Removed && (!ok || len(text) != r.Size || hex.EncodeToString(sum[:]) != r.SHA256):
		c.add("the text of version %d of file %s of %s is not the one that was uploaded", r.Version, r.Name, c.name(id))
	}
}

// checkFileOrder checks that there are no places in the order, and no texts, without a
// version.
func (c *check) checkFileOrder() {
	c.each(bucketFileOrder, 12, func(k, v []byte) {
		id := accountID(k)
		key := append(accountKey(id), v...)
		_, r, err := decodeFile(key, c.get(bucketFiles, key))
		if err != nil || r.Number != binary.BigEndian.Uint64(k[4:]) {
			c.add("the order of versions of %s has one that does not exist", c.name(id))
		}
	})
	c.each(bucketFileTexts, 12, func(k, _ []byte) {
		if !c.has(bucketFileOrder, k) {
			c.add("a text of %s is that of no file", c.name(accountID(k)))
		}
	})
}

// checkTokens checks that each account is found by its tokens, and that there are no
// others. Problems don't show tokens.
func (c *check) checkTokens(spaces map[store.AccountID]spaceRecord) {
	tokens := 0
	for id, s := range spaces {
		want := s.tokens(id)
		tokens += len(want)
		for token, v := range want {
			if !bytes.Equal(c.get(bucketFileTokens, tokenKey(token)), v) {
				c.add("%s is not found by a token of its files", c.name(id))
			}
		}
	}
	if n := c.each(bucketFileTokens, sha256.Size, func(_, _ []byte) {}); n > tokens {
		c.add("there are %d tokens of files, and accounts have %d", n, tokens)
	}
}
