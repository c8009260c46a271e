package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// checkFinds checks that Check reports exactly these problems, in any order.
func checkFinds(t testing.TB, file string, want ...string) Report {
	t.Helper()
	r, err := Check(file)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(r.Problems)); !slices.Equal(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
	return r
}

// alter changes a database that is not open behind the back of this package.
func alter(t testing.TB, file string, f func(tx *bbolt.Tx) error) {
	t.Helper()
	b, err := bbolt.Open(file, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Update(f), b.Close()); err != nil {
		t.Fatal(err)
	}
}

var (
	acmes  = []byte{0, 0, 0, 2} // the keys of accounts in the stored databases
	bravos = []byte{0, 0, 0, 3}
	nobody = []byte{0, 0, 0, 99}
)

// Each problem is reported by name, and once for each index that is wrong.
func TestCheckFindsProblems(t *testing.T) {
	e4, e5 := macaddr.MustParse("0004132202E4"), macaddr.MustParse("0004132202E5")
	held := macaddr.MustParse("000413300010")
	key := func(mac macaddr.Addr) []byte { b := mac.As6(); return b[:] }
	put := func(bucket, k, v []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(k, v) }
	}
	del := func(bucket, k []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Delete(k) }
	}
	first := func(bucket []byte, f func(b *bbolt.Bucket, k, v []byte) error) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			k, v := tx.Bucket(bucket).Cursor().First()
			return f(tx.Bucket(bucket), bytes.Clone(k), bytes.Clone(v))
		}
	}
	setFirst := func(bucket, v []byte) func(*bbolt.Tx) error {
		return first(bucket, func(b *bbolt.Bucket, k, _ []byte) error { return b.Put(k, v) })
	}
	future := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	for what, c := range map[string]struct {
		damage func(*bbolt.Tx) error
		want   []string
	}{
		"a missing bucket":  {func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketHoldEnds) }, nil}, // see below
		"an unknown bucket": {func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("x\n")); return err }, []string{`there is an unknown bucket "x\n"`}},
		"a bucket in a bucket": {func(tx *bbolt.Tx) error {
			_, err := tx.Bucket(bucketClaims).CreateBucket([]byte("12345678"))
			return err
		}, []string{"the bucket claims has a wrong key 3132333435363738"}},
		"an account's record":             {put(bucketAccounts, acmes, []byte("{")), []string{"the record of account 2 is damaged", `the name "acme" is that of account 2`}},
		"an account's name":               {put(bucketAccounts, acmes, []byte(`{"name":"A\n","role":"partner"}`)), []string{`account 2 has the name "A\n"`, `the name "acme" is that of account 2`}},
		"an account that is not numbered": {func(tx *bbolt.Tx) error { return putSequence(tx, bucketAccounts, 3) }, []string{"account 4 has the number 4, which is still to be given out"}},
		"a missing name":                  {del(bucketNames, []byte("acme")), []string{"acme is not found by its name"}},
		"a name of another":               {put(bucketNames, []byte("acme"), bravos), []string{"acme is not found by its name", `the name "acme" is that of bravo`}},
		"a name of nobody":                {put(bucketNames, []byte("delta"), nobody), []string{`the name "delta" is that of account 99, which does not exist`}},
		"a name's record":                 {put(bucketNames, []byte("delta"), []byte("x")), []string{`the record of the name "delta" is damaged`}},
		"a setting server of nobody":      {put(bucketServers, nobody, []byte("http://x/")), []string{"account 99 has a setting server and does not exist"}},
		"a setting server":                {put(bucketServers, acmes, []byte("http://x/\n")), []string{"the setting server of acme is damaged"}},
		"a phone's record":                {put(bucketPhones, key(e4), []byte{2}), []string{"the record of phone 0004132202E4 is damaged", "the stored count of acme's phones is 17, not 16"}},
		"a phone's URL":                   {put(bucketPhones, key(e4), appendPhone(nil, store.Phone{Owner: 2, URL: store.RestoreURL("http://x/\n")})), []string{"the record of phone 0004132202E4 is damaged", "the stored count of acme's phones is 17, not 16"}},
		"a phone's note":                  {put(bucketPhones, key(e4), appendPhone(nil, store.Phone{Owner: 2, Note: "a\n"})), []string{"the record of phone 0004132202E4 is damaged", "the stored count of acme's phones is 17, not 16"}},
		"a note without its end":          {put(bucketPhones, key(e4), []byte{2, 2, noted, 9, 'x'}), []string{"the record of phone 0004132202E4 is damaged", "the stored count of acme's phones is 17, not 16"}},
		"a phone's key":                   {put(bucketPhones, []byte{1}, []byte{1}), []string{"the bucket phones has a wrong key 01", `the stored count of all phones is "19", not 20`}},
		"a phone of another":              {put(bucketPhones, key(e5), appendPhone(nil, store.Phone{Owner: 3})), []string{"phone 0004132202E5 is missing among the phones of bravo", "phone 0004132202E5 is among the phones of acme, and is registered by bravo", "the stored count of acme's phones is 17, not 16", "the stored count of bravo's phones is 0, not 1"}},
		"a phone of nobody":               {put(bucketPhones, key(e5), appendPhone(nil, store.Phone{Owner: 99})), []string{"phone 0004132202E5 is missing among the phones of account 99", "phone 0004132202E5 is registered by account 99, which does not exist", "phone 0004132202E5 is among the phones of acme, and is registered by account 99", "the stored count of acme's phones is 17, not 16"}},
		"a missing phone":                 {del(bucketPhones, key(e5)), []string{"phone 0004132202E5 is among the phones of acme, and is not registered", "the stored count of acme's phones is 17, not 16", `the stored count of all phones is "19", not 18`}},
		"a phone that is not owned":       {del(bucketOwned, ownedKey(2, e5)), []string{"phone 0004132202E5 is missing among the phones of acme"}},
		"a stored time":                   {put(bucketMeta, keyClock, []byte("{")), []string{"the stored time is damaged"}},
		"a default":                       {put(bucketMeta, keyDefault, []byte(`{"url":"http://x/\n"}`)), []string{"the stored default for unregistered phones is damaged"}},
		"no count of phones":              {del(bucketMeta, keyPhones), []string{`the stored count of all phones is "", not 19`}},
		"a hold's record":                 {put(bucketHolds, key(held), []byte{2}), []string{"the record of phone 000413300010, which is on hold, is damaged", "the end of a hold of phone 000413300010 is stored, and it is not on hold until then", "the stored count of acme's phones on hold is 15, not 14"}},
		"a hold's URL":                    {put(bucketHolds, key(held), appendPhone(nil, store.Phone{Owner: 2, HeldUntil: time.Unix(1e9, 0), URL: store.RestoreURL("http://x/\n")})), []string{"the record of phone 000413300010, which is on hold, is damaged", "the end of a hold of phone 000413300010 is stored, and it is not on hold until then", "the stored count of acme's phones on hold is 15, not 14"}},
		"a hold without an end":           {put(bucketHolds, key(e4), binary.AppendVarint([]byte{3}, 1e9)), []string{"phone 0004132202E4 is on hold for bravo and is missing among the ends of holds", "the stored count of bravo's phones on hold is 1, not 2"}},
		"a hold of a phone": {func(tx *bbolt.Tx) error {
			return newCounts(draft{}).putHold(&writeTx{Tx: tx}, store.Phone{MAC: e4, Owner: 3, HeldUntil: future})
		}, []string{"phone 0004132202E4 is on hold for bravo, and is registered by acme", "the stored count of bravo's phones on hold is 1, not 2"}},
		"an ended hold of a phone": {func(tx *bbolt.Tx) error {
			return newCounts(draft{}).putHold(&writeTx{Tx: tx}, store.Phone{MAC: e4, Owner: 3, HeldUntil: time.Unix(1e9, 0)})
		}, []string{"the stored count of bravo's phones on hold is 1, not 2"}},
		"an end without a hold": {put(bucketHoldEnds, holdEnd(future, e4), nil), []string{"the end of a hold of phone 0004132202E4 is stored, and it is not on hold until then"}},
		"an earlier end":        {put(bucketHoldEnds, holdEnd(time.Unix(1e9, 0), held), nil), []string{}},
		"an end's key":          {put(bucketHoldEnds, []byte{1, 2}, nil), []string{"the bucket hold_ends has a wrong key 0102"}},
		"a usage's record":      {put(bucketUsage, acmes, []byte("{")), []string{"the record of the usage of acme is damaged"}},
		"a missing usage":       {del(bucketUsage, acmes), []string{"the stored count of acme's phones is 0, not 17"}},
		"a usage of nobody":     {put(bucketUsage, nobody, []byte("{}")), []string{"account 99 has a usage and does not exist"}},
		"an entry":              {setFirst(bucketHistory, []byte{200, '{'}), []string{"an entry in the history of acme is damaged", "the stored size of the history of acme is wrong"}},
		"an entry of another class": {first(bucketHistory, func(b *bbolt.Bucket, k, v []byte) error {
			return errors.Join(b.Delete(k), b.Tx().Bucket(bucketHistoryStrangers).Put(k, v))
		}), []string{"an entry in the history of acme is among those of another class", "the stored size of the history of acme is wrong"}},
		"a missing entry":              {first(bucketHistoryAccounts, func(b *bbolt.Bucket, k, _ []byte) error { return b.Delete(k) }), []string{"the stored size of the history of admin is wrong"}},
		"an entry's key":               {put(bucketHistory, []byte("123"), nil), []string{"the bucket history has a wrong key 313233"}},
		"a size of nobody":             {put(bucketHistorySizes, nobody, []byte{0, 0, 1, 9, 0, 0}), []string{"the stored size of the history of account 99 is wrong"}},
		"a missing size":               {del(bucketHistorySizes, bravos), []string{"the stored size of the history of bravo is wrong"}},
		"a size's record":              {put(bucketHistorySizes, bravos, []byte{0x80}), []string{"the stored size of the history of bravo is wrong"}},
		"a job's record":               {setFirst(bucketJobs, []byte("[")), []string{"the record of a job of bravo is damaged"}},
		"a job of another":             {setFirst(bucketJobs, []byte(`{"account":2}`)), []string{"a job of acme is stored for bravo"}},
		"a job that is not numbered":   {func(tx *bbolt.Tx) error { return putSequence(tx, bucketJobs, 1) }, []string{"a job of bravo has the number 2, which is still to be given out"}},
		"a claim's record":             {setFirst(bucketClaims, []byte("{}")), []string{"the record of claim 1 is damaged"}},
		"a claim of nobody":            {setFirst(bucketClaims, []byte(`{"mac":"0004132202E4","claimant":99,"code":"x"}`)), []string{"phone 0004132202E4 is claimed by account 99, which does not exist"}},
		"a claim that is not numbered": {func(tx *bbolt.Tx) error { return putSequence(tx, bucketClaims, 1) }, []string{"a claim has the number 2, which is still to be given out"}},
	} {
		t.Run(what, func(t *testing.T) {
			file := stored(t, 6)
			alter(t, file, c.damage)
			if c.want != nil {
				checkFinds(t, file, c.want...)
			} else if r, err := Check(file); err != nil || r.Found != 17 || r.Problems[0] != "the bucket hold_ends is missing" {
				t.Errorf("%q, %v", r.Problems, err)
			}
		})
	}
}

// Problems are counted, and only the first are listed.
func TestCheckBoundsProblems(t *testing.T) {
	file := stored(t, 4)
	alter(t, file, func(tx *bbolt.Tx) error {
		for i := range 300 {
			if err := tx.Bucket(bucketNames).Put(fmt.Append(nil, "name", i), nobody); err != nil {
				return err
			}
		}
		return nil
	})
	if r, err := Check(file); err != nil || r.Found != 300 || len(r.Problems) != maxProblems {
		t.Errorf("%d problems, %d of them listed, %v", r.Found, len(r.Problems), err)
	}
}

// asError returns err or, if it is nil, the only problem.
func asError(f Findings, err error) error {
	if err == nil && f.Found == 1 {
		err = errors.New(f.Problems[0])
	}
	return err
}

// Check refuses what it can't check, and never changes a byte.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer, other, empty := stored(t, 4), filepath.Join(folder, "other.db"), filepath.Join(folder, "empty.db")
	alter(t, newer, func(tx *bbolt.Tx) error { return putSchema(tx, len(migrations)+2) })
	alter(t, other, func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("x")); return err })
	alter(t, empty, func(*bbolt.Tx) error { return nil })
	for path, want := range map[string]string{
		filepath.Join(folder, "missing.db"): "no database",
		file("zero.db", ""):                 "no database",
		empty:                               "no database",
		folder:                              "not a file",
		file("short.db", "text"):            "not a database, or damaged",
		file("text.db", strings.Repeat("x", 9999)):      "not a database, or damaged",
		file("zeros.db", strings.Repeat("\x00", 99999)): "not a database, or damaged",
		other: "not a snomredirect database: no schema number",
		newer: "written by a newer snomredirect",
	} {
		before, _ := os.ReadFile(path)
		for name, check := range map[string]func(string) error{
			"Check":         func(f string) error { r, err := Check(f); return asError(r.Findings, err) },
			"CheckContacts": func(f string) error { r, err := CheckContacts(f); return asError(r.Findings, err) },
		} {
			if err := check(path); err == nil || name == "Check" && !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v, want %s", name, filepath.Base(path), err, want)
			}
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", path)
		}
	}
	db := open(t, t.TempDir())
	defer db.Close()
	if _, err := Check(db.b.name); !errors.Is(err, ErrInUse) {
		t.Errorf("a database in use: %v", err)
	}
}

// Check's checksum is that of the open database, and is none of a damaged one.
func TestCheckSum(t *testing.T) {
	file := many(t, 10)
	db, err := Open(filepath.Dir(file), Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, sum, err := db.Sum()
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if got := checkFinds(t, file).Checksum; got != fmt.Sprintf("%x", sum) {
		t.Errorf("the checksum is %q, want %x", got, sum)
	}
	alter(t, file, func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketNames) })
	if r, err := Check(file); err != nil || r.Found == 0 || r.Checksum != "" {
		t.Errorf("the checksum of a damaged database is %q, with %d problems: %v", r.Checksum, r.Found, err)
	}
}
