package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
	"snomredirect/store/storetest"
)

// A journal is a truth that approves everything and keeps it.
type journal struct {
	records, bytes int          // the limits
	ahead          atomic.Int64 // nanoseconds by which other clocks are ahead

	mu      sync.Mutex
	decided [][]Write
	refuse  func(attempt int) error // of Approve, if not nil
	settle  func(error) (bool, error)
	tried   int
}

func newJournal() *journal { return &journal{records: 1 << 30, bytes: 1 << 30} }

func (j *journal) Approve(revision int64, writes []Write) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tried++
	if revision != int64(len(j.decided)) {
		return 0, fmt.Errorf("the replica is at %d of %d", revision, len(j.decided))
	}
	if j.refuse != nil {
		if err := j.refuse(j.tried); err != nil {
			return 0, err
		}
	}
	if len(writes) > 0 {
		j.decided = append(j.decided, slices.Clone(writes))
	}
	return int64(len(j.decided)), nil
}

func (j *journal) Settle(err error) (bool, error) { return j.settle(err) }

func (j *journal) Limits() (int, int) { return j.records, j.bytes }

func (j *journal) Clock(now time.Time) time.Time { return now.Add(time.Duration(j.ahead.Load())) }

func openReplica(t testing.TB, folder string, hold time.Duration, truth Truth) *DB {
	t.Helper()
	db, err := Open(folder, Config{Hold: hold, Truth: truth})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// derivedOf returns what follows from the truth, as text.
func derivedOf(t testing.TB, db *DB) string {
	t.Helper()
	var text strings.Builder
	err := db.b.View(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketOwned, bucketHoldEnds, bucketFileOrder, bucketFileTokens, bucketHistorySizes} {
			_ = tx.Bucket(name).ForEach(func(k, v []byte) error {
				fmt.Fprintf(&text, "%s %x %x\n", name, k, v)
				return nil
			})
		}
		n, err := phoneCount(tx)
		fmt.Fprintf(&text, "%d phones", n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// checkSame checks that two databases have the same truth, and what follows from it.
func checkSame(t testing.TB, what string, a, b *DB) {
	t.Helper()
	n, sum, err := a.Sum()
	m, other, err2 := b.Sum()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if n != m || sum != other {
		t.Errorf("%s: %d records, %x; want %d, %x", what, m, other, n, sum)
		left, _ := a.Records("", n+1)
		right, _ := b.Records("", m+1)
		for _, w := range left {
			if !slices.ContainsFunc(right, func(o Write) bool { return o.Key == w.Key && bytes.Equal(o.Value, w.Value) }) {
				t.Errorf("%s: lacks %q %q", what, w.Key, w.Value)
			}
		}
	}
	if got, want := derivedOf(t, b), derivedOf(t, a); got != want {
		t.Errorf("%s: what follows is\n%s\nwant\n%s", what, got, want)
	}
}

// checkReplicas checks that the decided writes make the same database elsewhere, and that
// what follows from its records is that what follows from them in an empty one.
func (j *journal) checkReplicas(t testing.TB, db *DB) {
	t.Helper()
	replica := openReplica(t, t.TempDir(), 0, newJournal())
	defer replica.Close()
	for i, writes := range j.decided {
		if err := replica.Apply(writes, int64(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	checkSame(t, "a replica", db, replica)
	rebuilt := openReplica(t, t.TempDir(), 0, newJournal())
	defer rebuilt.Close()
	rebuild(t, db, rebuilt)
	checkSame(t, "a rebuilt one", db, rebuilt)
}

// rebuild replaces all records of to by those of from, in small windows.
func rebuild(t testing.TB, from, to *DB) {
	t.Helper()
	for _, b := range truth {
		for begin := string(b.letter); begin != ""; {
			window, err := from.Records(begin, 20) // none has this key itself
			if err != nil {
				t.Fatal(err)
			}
			window = slices.DeleteFunc(window, func(w Write) bool { return w.Key[0] != b.letter })
			end := ""
			if len(window) == 20 {
				end = window[19].Key + "\x00"
			}
			if err := to.Replace(begin, end, window); err != nil {
				t.Fatal(err)
			}
			begin = end
		}
	}
}

// A replica passes all tests of backends, and all that it wrote is what was decided.
func TestReplicaContract(t *testing.T) {
	var mu sync.Mutex
	journals := map[string]*journal{} // of the folders, which are opened several times
	storetest.Run(t, func(t testing.TB, folder string, hold time.Duration) storetest.Backend {
		mu.Lock()
		if journals[folder] == nil {
			journals[folder] = newJournal()
		}
		j := journals[folder]
		mu.Unlock()
		return &checkedReplica{openReplica(t, folder, hold, j), t, j}
	})
}

type checkedReplica struct {
	*DB
	t testing.TB
	j *journal
}

func (r *checkedReplica) Close() error {
	r.j.checkReplicas(r.t, r.DB)
	return r.DB.Close()
}

// A change that is declined runs again if the truth says so.
func TestDeclinedChange(t *testing.T) {
	refusal, unsure := errors.New("refusal"), errors.New("unsure")
	for name, c := range map[string]struct {
		settle func(error) (bool, error)
		want   error
		tried  int
	}{
		"again": {func(error) (bool, error) { return true, nil }, nil, 2},
		"done":  {func(error) (bool, error) { return false, nil }, nil, 1},
		"not":   {func(error) (bool, error) { return false, unsure }, unsure, 1},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJournal()
			j.refuse = func(attempt int) error {
				if attempt == 1 {
					return refusal
				}
				return nil
			}
			j.settle = func(err error) (bool, error) {
				if err != refusal {
					t.Error(err)
				}
				return c.settle(err)
			}
			db := openReplica(t, t.TempDir(), 0, j)
			defer db.Close()
			a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme"})
			if !errors.Is(err, c.want) || j.tried != c.tried {
				t.Errorf("%+v, %v after %d attempts", a, err, j.tried)
			}
			if db.Refusing() != nil {
				t.Error("the disk is blamed:", db.Refusing())
			}
			if _, err := db.AccountNamed("acme"); (err == nil) != (name == "again") {
				t.Error(err)
			}
		})
	}
}

// Changes that are too much together are written apart, and one that is too much fails.
func TestLimits(t *testing.T) {
	j := newJournal()
	db := openReplica(t, t.TempDir(), 0, j)
	defer db.Close()
	j.records = 10
	put := func(keys ...string) *change {
		return &change{run: func(tx *writeTx) error {
			for _, k := range keys {
				if err := tx.put(bucketNames, []byte(k), []byte("1234")); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	many := func(prefix string, n int) (keys []string) {
		for i := range n {
			keys = append(keys, fmt.Sprint(prefix, i))
		}
		return keys
	}
	group := []*change{put(many("a", 6)...), put(many("b", 4)...), put(many("c", 11)...), put(many("d", 7)...), put(many("e", 6)...)}
	db.commit(group)
	for i, want := range []error{nil, nil, store.ErrTooLarge, nil, nil} {
		if !errors.Is(group[i].err, want) || want == nil && group[i].err != nil {
			t.Errorf("%d: %v", i, group[i].err)
		}
	}
	var sizes []int
	for _, writes := range j.decided {
		sizes = append(sizes, len(writes))
	}
	if !slices.Equal(sizes, []int{10, 7, 6}) {
		t.Errorf("transactions of %v writes", sizes)
	}
	j.checkReplicas(t, db)
	j.records, j.bytes = 1000, 30
	group = []*change{put("12345678901234567890"), put("x"), put("y")}
	db.commit(group)
	if n := len(j.decided); n != 5 || group[0].err != nil || group[2].err != nil {
		t.Errorf("%d transactions", n)
	}
}
