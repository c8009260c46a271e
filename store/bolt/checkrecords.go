package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// A check compares the records of a database with each other.
type check struct {
	*Report
	tx       *bbolt.Tx
	now      time.Time                  // what ends later has not ended
	accounts map[store.AccountID]*tally // of existing accounts
	cursors  map[string]*bbolt.Cursor   // of buckets in which keys are looked up
}

func newCheck(tx *bbolt.Tx, r *Report, now time.Time) *check {
	return &check{Report: r, tx: tx, now: now, accounts: map[store.AccountID]*tally{}, cursors: map[string]*bbolt.Cursor{}}
}

// A tally is what a check has found of an account.
type tally struct {
	name   string // as problems name it
	server bool   // it has a setting server
	phones int
	held   int
}

// checkRecords checks a database of the schema in r.
func checkRecords(tx *bbolt.Tx, r *Report, now time.Time) {
	c := newCheck(tx, r, now)
	c.checkClock()
	c.checkDefault()
	expected := c.expected()
	for _, name := range expected {
		if tx.Bucket(name) == nil {
			c.add("the bucket %s is missing", name)
		}
	}
	_ = tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !slices.ContainsFunc(expected, func(e []byte) bool { return bytes.Equal(e, name) }) {
			c.add("there is an unknown bucket %q", name)
		}
		return nil
	})
	c.checkAccounts()
	c.checkNames()
	c.checkServers()
	c.checkPhones()
	c.checkOwned()
	c.checkHolds()
	c.checkHoldEnds()
	c.checkUsage()
	c.checkHistories()
	c.checkJobs()
	c.checkClaims()
	c.checkFiles()
	c.checkAPIKeys()
	c.checkProfiles()
	c.checkUndo()
}

// expected returns the buckets that the schema has.
func (c *check) expected() [][]byte {
	return slices.DeleteFunc(slices.Clone(buckets), func(name []byte) bool {
		in := func(names [][]byte) bool {
			return slices.ContainsFunc(names, func(n []byte) bool { return bytes.Equal(n, name) })
		}
		return c.Schema < 2 && in(schema2) || c.Schema < 4 && in(schema4) || c.Schema < 5 && in(schema5) || c.Schema < 7 && in(schema7) || c.Schema < 8 && in(schema8)
	})
}

// each calls f for the records of a bucket, if it exists, whose keys have that length,
// and reports the others. If length is 0, any has it. It returns the number of all.
func (c *check) each(name []byte, length int, f func(k, v []byte)) (n int) {
	b := c.tx.Bucket(name)
	if b == nil {
		return 0
	}
	_ = b.ForEach(func(k, v []byte) error {
		n++
		if length != 0 && len(k) != length || v == nil && b.Bucket(k) != nil {
			c.add("the bucket %s has a wrong key %s", name, shown(k))
			return nil
		}
		f(k, v)
		return nil
	})
	return n
}

// has reports whether a bucket has a key.
func (c *check) has(name, key []byte) bool {
	_, ok := c.find(name, key)
	return ok
}

// get returns the value of a key, or nil.
func (c *check) get(name, key []byte) []byte {
	v, _ := c.find(name, key)
	return v
}

// find looks a key up. It keeps a cursor for each bucket, because there may be millions
// of look-ups.
func (c *check) find(name, key []byte) (v []byte, ok bool) {
	cursor := c.cursors[string(name)]
	if cursor == nil {
		b := c.tx.Bucket(name)
		if b == nil {
			return nil, false
		}
		cursor = b.Cursor()
		c.cursors[string(name)] = cursor
	}
	k, v := cursor.Seek(key)
	if !bytes.Equal(k, key) {
		return nil, false
	}
	return v, true
}

// checkClock reads the time that the service has stored, which goes on if the machine's
// clock is set back.
func (c *check) checkClock() {
	if c.tx.Bucket(bucketMeta) == nil {
		return
	}
	stored, err := readClock(c.tx)
	if err != nil {
		c.add("the stored time is damaged")
	}
	if stored.Time.After(c.now) {
		c.now = stored.Time
	}
}

func (c *check) checkDefault() {
	if v := c.get(bucketMeta, keyDefault); v != nil {
		if _, err := decodeDefault(v); err != nil {
			c.add("the stored default for unregistered phones is damaged")
		}
	}
}

// given returns the number that was given out last for a bucket.
func (c *check) given(name []byte) uint64 {
	if c.Schema < 6 {
		return c.tx.Bucket(name).Sequence()
	}
	return sequence(c.tx, name)
}

// numbered checks that a number was given out by the sequence of a bucket, so that it
// is not given out again.
func (c *check) numbered(name []byte, number uint64, what string) {
	if number == 0 || number > c.given(name) {
		c.add("%s has the number %d, which is still to be given out", what, number)
	}
}

func (c *check) checkJobs() {
	c.Jobs = c.each(bucketJobs, 12, func(k, v []byte) {
		id := accountID(k)
		c.numbered(bucketJobs, binary.BigEndian.Uint64(k[4:]), "a job of "+c.name(id))
		var j store.Job
		switch err := json.Unmarshal(v, &j); {
		case err != nil:
			c.add("the record of a job of %s is damaged", c.name(id))
		case j.Account != id || c.accounts[id] == nil:
			c.add("a job of %s is stored for %s", c.name(j.Account), c.name(id))
		}
	})
}

func (c *check) checkClaims() {
	c.Claims = c.each(bucketClaims, 8, func(k, v []byte) {
		c.numbered(bucketClaims, binary.BigEndian.Uint64(k), "a claim")
		var claim store.Claim
		switch err := json.Unmarshal(v, &claim); {
		case err != nil || !claim.MAC.IsValid() || claim.Code == "":
			c.add("the record of claim %d is damaged", binary.BigEndian.Uint64(k))
		case c.accounts[claim.Claimant] == nil:
			c.add("phone %v is claimed by %s, which does not exist", claim.MAC, c.name(claim.Claimant))
		}
	})
}

// shown returns a key in hex, or the beginning of a long one.
func shown(key []byte) string {
	const most = 32
	if len(key) > most {
		return fmt.Sprintf("%x... (%d bytes)", key[:most], len(key))
	}
	return fmt.Sprintf("%x", key)
}
