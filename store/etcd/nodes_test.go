package etcd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

var (
	audit   = store.Audit{Command: "TEST"}
	testMAC = macaddr.MustParse("0004132202E4")
	server  = store.RestoreURL("http://prov.acme.example/{mac}")
)

func account(t testing.TB, n *Node, name store.Name) store.Account {
	t.Helper()
	a, err := n.AddAccount(audit, false, store.Account{Name: name, SettingServer: server})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func one(n *Node, rule store.Rule, by store.AccountID, mac macaddr.Addr) error {
	results, err := n.Change(store.Batch{Audit: store.Audit{Actor: by, Command: "TEST"}, Rule: rule, Owner: by, Changes: []store.Change{{MAC: mac}}})
	if err != nil {
		return err
	}
	return results[0].Err
}

// bubble runs a test with nodes a, b and c over m in a bubble, and compares them at its end.
func bubble(t *testing.T, test func(t *testing.T, m *memory, nodes []*Node)) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var nodes []*Node
		var folders []string
		for _, name := range []string{"a", "b", "c"} {
			folders = append(folders, t.TempDir())
			nodes = append(nodes, m.node(t, folders[len(folders)-1], name, time.Hour))
		}
		defer func() {
			if !t.Failed() {
				time.Sleep(3 * inspectEvery)
				synctest.Wait()
				sameSums(t, nodes...)
			}
			for i, n := range nodes {
				if err := n.Close(); err != nil {
					t.Error(err)
				}
				r, err := bolt.Check(filepath.Join(folders[i], "snomredirect.db"))
				if err != nil || r.Found > 0 {
					t.Errorf("%s: %v, %v", n.config.Name, r.Problems, err)
				}
			}
		}()
		test(t, m, nodes)
	})
}

// What is changed on one node is so on all, and of the same change on all of them at
// once only one succeeds.
func TestNodes(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		for i := range 50 {
			for _, n := range nodes { // as each login does it
				n.Fresh(t.Context())
			}
			if err := one(nodes[i%3], store.RuleRegister, a.ID, testMAC); err != nil {
				t.Fatal(err)
			}
			var done atomic.Int32
			var group sync.WaitGroup
			for _, n := range nodes {
				group.Go(func() {
					err := one(n, store.RuleDeregister, a.ID, testMAC)
					if err == nil {
						done.Add(1)
					} else if !errors.Is(err, store.ErrNotFound) {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if n := done.Load(); n != 1 {
				t.Fatalf("%d nodes deregistered a phone", n)
			}
		}
	})
}

// The history of all nodes has the node on which each command ran.
func TestHistoryNamesNodes(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[2], "acme")
		for _, n := range nodes {
			n.Fresh(t.Context())
			for _, rule := range []store.Rule{store.RuleRegister, store.RuleDeregister} { // one entry for both
				time.Sleep(time.Second)
				if err := one(n, rule, a.ID, testMAC); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, n := range nodes {
			n.Fresh(t.Context())
			all, err := n.History(a.ID, macaddr.Addr{}, store.Mark{}, 9)
			got := ""
			for _, e := range all {
				got += e.Node
			}
			if err != nil || got != "cbac" {
				t.Errorf("%s: %s, %v", n.config.Name, got, err)
			}
		}
	})
}

// An account that gets a phone on one node can't be removed on another at the same time.
func TestWriteSkew(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		var removed, kept int
		for i := range 50 {
			a := account(t, nodes[0], store.Name(fmt.Sprint("account", i)))
			nodes[1].Fresh(t.Context())
			nodes[2].Fresh(t.Context())
			var group sync.WaitGroup
			var add, remove error
			group.Go(func() {
				add = one(nodes[1], store.RuleRegister, a.ID, macaddr.MustParse(fmt.Sprintf("00041300%04X", i)))
			})
			group.Go(func() { remove = nodes[2].RemoveAccount(audit, false, a.ID) })
			group.Wait()
			switch {
			case add == nil && errors.Is(remove, store.ErrOwnsPhones):
				kept++
			case errors.Is(add, store.ErrNoAccount) && remove == nil:
				removed++
			default:
				t.Fatal(add, remove)
			}
		}
		t.Logf("%d removed, %d kept", removed, kept)
	})
}

// Whatever replies are lost, each change is made once or refused.
func TestLostReplies(t *testing.T) {
	for _, done := range []bool{true, false} {
		t.Run(fmt.Sprint(done), func(t *testing.T) {
			bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
				a := account(t, nodes[0], "acme")
				for i := range 20 {
					m.set(func() { m.lose = []bool{done} })
					before := time.Now()
					if err := one(nodes[0], store.RuleRegister, a.ID, macaddr.MustParse(fmt.Sprintf("00041300%04X", i))); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(before); took > time.Second {
						t.Errorf("it took %v", took)
					}
				}
				entries, err := nodes[0].History(a.ID, macaddr.Addr{}, store.Mark{}, 100)
				if err != nil || len(entries) != 21 {
					t.Errorf("%d entries, %v", len(entries), err)
				}
			})
		})
	}
}

// If etcd is gone for good after a change was sent, its outcome is not known; when etcd
// is back, the replica is as etcd is.
func TestUnknownOutcome(t *testing.T) {
	for _, done := range []bool{true, false} {
		t.Run(fmt.Sprint(done), func(t *testing.T) {
			bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
				a := account(t, nodes[0], "acme")
				m.set(func() { m.lose, m.goneAfter = []bool{done}, true })
				if err := one(nodes[0], store.RuleRegister, a.ID, testMAC); !errors.Is(err, store.ErrUnknown) {
					t.Fatal(err)
				}
				var stale store.Stale
				if err := one(nodes[0], store.RuleRegister, a.ID, testMAC); !errors.Is(err, store.ErrUnavailable) || !errors.As(err, &stale) {
					t.Error(err)
				}
				if nodes[0].Refusing() == nil || nodes[0].Stale().IsZero() {
					t.Error("changes are not refused")
				}
				m.set(func() { m.gone, m.goneAfter = false, false })
				time.Sleep(5 * time.Second)
				if err := nodes[0].Refusing(); err != nil {
					t.Error(err)
				}
				for _, n := range nodes {
					if _, err := n.Redirection(testMAC); (err == nil) != done {
						t.Errorf("%s: %v", n.config.Name, err)
					}
				}
			})
		})
	}
}

// While etcd has no leader, changes wait for the next one.
func TestNoLeader(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		m.set(func() { m.noLeader = true })
		time.AfterFunc(2*time.Second, func() { m.set(func() { m.noLeader = false }) })
		if err := one(nodes[0], store.RuleRegister, a.ID, testMAC); err != nil {
			t.Error(err)
		}
	})
}

// Nodes that missed what is compacted read everything again, and so do those whose cluster
// was replaced by another.
func TestResync(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		synctest.Wait()
		m.set(func() { m.gone = true })
		time.Sleep(10 * time.Second)
		m.set(func() {
			m.gone = false
			m.put([]write{nodes[0].newHead("elsewhere"), {key: "r\x00\x00\x00\x02x", value: []byte("{}")}})
			m.compactRev = m.revision + 1
			m.revision++
		})
		time.Sleep(10 * time.Second)
		if err := one(nodes[1], store.RuleRegister, a.ID, testMAC); err != nil {
			t.Error(err)
		}
		m.set(func() {
			m.cluster, m.compactRev = 8, 0
			m.put([]write{nodes[0].newHead("there"), {key: "r\x00\x00\x00\x02x"}})
		})
		time.Sleep(10 * time.Second)
		if err := one(nodes[2], store.RuleDeregister, a.ID, testMAC); err != nil {
			t.Error(err)
		}
		if _, cluster, err := nodes[2].ReplicaOf(); cluster != 8 || err != nil {
			t.Error(cluster, err)
		}
	})
}

// A replica is not thrown away for an empty etcd.
func TestEmptyEtcd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		n := m.node(t, t.TempDir(), "a", 0)
		defer n.Close()
		a := account(t, n, "acme")
		if err := one(n, store.RuleRegister, a.ID, testMAC); err != nil {
			t.Fatal(err)
		}
		m.set(func() { m.records, m.log, m.revision, m.cluster = map[string]record{}, nil, 1, 9 })
		time.Sleep(10 * time.Second)
		if err := n.Refusing(); !errors.Is(err, ErrNoData) {
			t.Error(err)
		}
		if _, err := n.Redirection(testMAC); err != nil {
			t.Error(err)
		}
		if err := one(n, store.RuleDeregister, a.ID, testMAC); !errors.Is(err, store.ErrUnavailable) {
			t.Error(err)
		}
	})
}

// A node that etcd has never heard of does not take a folder that has data of its own.
func TestOwnData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		db, err := bolt.Open(folder, bolt.Config{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.AddAccount(audit, false, store.Account{Name: "acme"})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t.Context(), folder, bolt.Config{}, Config{Name: "a", Prefix: "sr1/"}, newMemory()); !errors.Is(err, ErrOwnData) {
			t.Error(err)
		}
	})
}

// What nodes have in common is made once.
func TestShared(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		for i, n := range nodes {
			text, err := n.Shared(context.Background(), "ssh", func() ([]byte, error) { return fmt.Append(nil, "key", i), nil })
			if err != nil || string(text) != "key0" {
				t.Errorf("%q, %v", text, err)
			}
		}
		m.set(func() { m.gone = true })
		if _, err := nodes[0].Shared(context.Background(), "ssh", nil); !errors.Is(err, store.ErrUnavailable) {
			t.Error(err)
		}
		m.set(func() { m.gone = false })
	})
}
