package etcd

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// alone makes a folder with an account and phones.
func alone(t *testing.T, phones int) (folder string, sum [32]byte) {
	t.Helper()
	folder = t.TempDir()
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := db.AddAccount(audit, false, store.Account{Name: "acme", SettingServer: server})
	b := store.Batch{Audit: store.Audit{Actor: a.ID}, Rule: store.RuleRegister, Owner: a.ID}
	for i := range phones {
		b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i))})
	}
	_, errChange := db.Change(b)
	_, sum, errSum := db.Sum()
	if err := errors.Join(err, errChange, errSum, db.Close()); err != nil {
		t.Fatal(err)
	}
	return folder, sum
}

func (m *memory) move(t *testing.T, folder string) *Move {
	t.Helper()
	v, err := newMove(t.Context(), folder, Config{Name: "move", Prefix: "sr1/"}, m)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A folder is moved into etcd, also if that is interrupted, and back.
func TestMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		folder, sum := alone(t, 1000)
		v := m.move(t, folder)
		records, err := v.ToEtcd(t.Context(), true)
		if err != nil || records < 1000 || len(m.records) > 0 {
			t.Errorf("a dry run: %d records, %v", records, err)
		}
		m.set(func() { m.lose, m.goneAfter = []bool{true}, true })
		if _, err := v.ToEtcd(t.Context(), false); err == nil {
			t.Error("it was not interrupted")
		}
		m.set(func() { m.gone, m.goneAfter = false, false })
		if _, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "a", Prefix: "sr1/"}, m); !errors.Is(err, ErrMoving) {
			t.Error("a node:", err)
		}
		other, _ := alone(t, 5)
		o := m.move(t, other)
		if _, err := o.ToEtcd(t.Context(), false); !errors.Is(err, ErrNotEmpty) {
			t.Error("another folder:", err)
		}
		swaps := m.counted()
		if _, err := v.ToEtcd(t.Context(), false); err != nil {
			t.Error(err)
		}
		if n := m.counted() - swaps; n > 10 {
			t.Errorf("%d changes of etcd to go on", n)
		}
		if err := errors.Join(v.Close(), o.Close()); err != nil {
			t.Fatal(err)
		}
		n := m.node(t, folder, "a", 0)
		second := m.node(t, t.TempDir(), "b", 0)
		sameSums(t, n, second)
		if _, got, err := n.Sum(); got != sum || err != nil {
			t.Errorf("%x, %v; want %x", got, err, sum)
		}

		back := t.TempDir()
		v = m.move(t, back)
		if _, err := v.FromEtcd(t.Context(), false); !errors.Is(err, ErrNodesRun) {
			t.Error(err)
		}
		if err := errors.Join(n.Close(), second.Close()); err != nil {
			t.Fatal(err)
		}
		if got, err := v.FromEtcd(t.Context(), true); err != nil || got != records {
			t.Errorf("a dry run: %d, %v; want %d", got, err, records)
		}
		if got, err := v.FromEtcd(t.Context(), false); err != nil || got != records {
			t.Errorf("%d, %v; want %d", got, err, records)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := bolt.Open(back, bolt.Config{}); !errors.Is(err, bolt.ErrReplica) {
			t.Error("before it was finished:", err)
		}
		v = m.move(t, back)
		if _, err := v.FromEtcd(t.Context(), false); err != nil {
			t.Error(err)
		}
		if err := errors.Join(v.Finish(), v.Close()); err != nil {
			t.Fatal(err)
		}
		db, err := bolt.Open(back, bolt.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, got, err := db.Sum(); got != sum || err != nil {
			t.Errorf("%x, %v; want %x", got, err, sum)
		}
		time.Sleep(time.Second)
	})
}

// Windows have all keys, however they are spread, and little more than they need.
func TestWindows(t *testing.T) {
	m := newMemory()
	want := 0
	put := func(keys ...string) {
		for _, k := range keys {
			m.put([]write{{key: k, value: []byte("x")}})
			want++
		}
	}
	for i := range 3000 {
		put(fmt.Sprintf("p\x00\x04\x13%c%c%c", i>>16, i>>8&0xff, i&0xff))
	}
	for i := range 300 {
		put("psame-prefix"+fmt.Sprint(1000+i), fmt.Sprintf("p%c00000", 0x20+i%90))
	}
	put("p\xff\xff\xff\xff\xff\xff\xff\xff\xff", "p\x00")
	want = len(m.records)
	n := &Node{config: Config{}.withDefaults(), keys: m, state: newState()}
	last, got := "", 0
	total, err := n.windows(t.Context(), 'p', m.revision, func(from, to string, records []bolt.Write) error {
		for _, r := range records {
			if r.Key <= last || r.Key < from || to[0] == 'p' && r.Key >= to {
				t.Fatalf("%q after %q in a window from %q to %q", r.Key, last, from, to)
			}
			last = r.Key
			got++
		}
		return nil
	})
	if err != nil || got != want || total != want {
		t.Errorf("%d of %d keys, %v", got, want, err)
	}
	if m.reads > 150 {
		t.Errorf("%d windows for %d keys", m.reads, want)
	}
}
