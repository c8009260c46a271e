package bolt

import (
	"bytes"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// Each wrong record of files is reported by the name of the account, and no token is.
func TestCheckFindsProblemsOfFiles(t *testing.T) {
	first := func(bucket []byte, f func(b *bbolt.Bucket, k, v []byte) error) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			k, v := tx.Bucket(bucket).Cursor().First()
			return f(tx.Bucket(bucket), bytes.Clone(k), bytes.Clone(v))
		}
	}
	drop := func(b *bbolt.Bucket, k, _ []byte) error { return b.Delete(k) }
	change := func(from, to string) func(b *bbolt.Bucket, k, v []byte) error {
		return func(b *bbolt.Bucket, k, v []byte) error {
			if !strings.Contains(string(v), from) {
				t.Errorf("%s has no %s", v, from)
			}
			return b.Put(k, []byte(strings.Replace(string(v), from, to, 1)))
		}
	}
	put := func(bucket, k, v []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(k, v) }
	}
	const counts, order = "the stored counts of acme's files are wrong", "the order of versions of acme has one that does not exist"
	for what, c := range map[string]struct {
		damage func(*bbolt.Tx) error
		want   []string
	}{
		"a space":            {put(bucketFileSpaces, acmes, []byte("{")), []string{"the record of the files of acme is damaged", counts, "there are 2 tokens of files, and accounts have 0"}},
		"a space of nobody":  {put(bucketFileSpaces, nobody, []byte(`{"revision":1}`)), []string{"account 99 has files and does not exist"}},
		"a count":            {first(bucketFileSpaces, change(`"files":2`, `"files":3`)), []string{counts}},
		"a missing space":    {first(bucketFileSpaces, drop), []string{counts, "there are 2 tokens of files, and accounts have 0"}},
		"a version":          {first(bucketFiles, func(b *bbolt.Bucket, k, _ []byte) error { return b.Put(k, []byte("{")) }), []string{"the record of a file is damaged: ", counts, order}},
		"a missing version":  {first(bucketFiles, drop), []string{counts, order}},
		"a number":           {func(tx *bbolt.Tx) error { return putSequence(tx, bucketFileOrder, 4) }, []string{"a version of file 360/gone.xml of acme has the number 5, which is still to be given out"}},
		"a missing place":    {first(bucketFileOrder, drop), []string{"version 1 of file General.xml of acme is missing in the order of versions", "a text of acme is that of no file"}},
		"a text":             {first(bucketFileTexts, change("1", "2")), []string{"the text of version 1 of file General.xml of acme is not the one that was uploaded"}},
		"a missing text":     {first(bucketFileTexts, drop), []string{"the text of version 1 of file General.xml of acme is not the one that was uploaded"}},
		"a text of nothing":  {put(bucketFileTexts, numberKey(2, 99), []byte("x")), []string{"a text of acme is that of no file"}},
		"a text's key":       {put(bucketFileTexts, []byte{1}, []byte("x")), []string{"the bucket file_texts has a wrong key 01"}},
		"a missing token":    {first(bucketFileTokens, drop), []string{"acme is not found by a token of its files"}},
		"a token of another": {first(bucketFileTokens, func(b *bbolt.Bucket, k, v []byte) error { return b.Put(k, append(bytes.Clone(bravos), v[4:]...)) }), []string{"acme is not found by a token of its files"}},
		"a token of nobody":  {put(bucketFileTokens, tokenKey("x"), make([]byte, 12)), []string{"there are 3 tokens of files, and accounts have 2"}},
		"an entry's class": {first(bucketHistoryFiles, func(b *bbolt.Bucket, k, v []byte) error {
			return b.Tx().Bucket(bucketHistory).Put(k, v)
		}), []string{"an entry in the history of acme is among those of another class", "the stored size of the history of acme is wrong"}},
		"no order": {func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketFileOrder) }, []string{"the bucket file_order is missing", "a text of acme is that of no file"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			file := stored(t, 6)
			alter(t, file, c.damage)
			r, err := Check(file)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(r.Problems, "\n")
			for _, want := range c.want {
				if !strings.Contains(all, want) {
					t.Errorf("problems %q, want %q", r.Problems, want)
				}
			}
		})
	}
}
