package etcd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
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
			for _, n := range nodes {
				n.Fresh(t.Context())
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

// Only one node has a name; its next process has it at once, and another folder's only
// after its lease.
func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		folder := t.TempDir()
		a := m.node(t, folder, "a", 0)
		if _, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "a", Prefix: "sr1/"}, m); !errors.Is(err, ErrNodeRuns) {
			t.Error(err)
		}
		b := m.node(t, t.TempDir(), "b", 0)
		defer b.Close()
		all, err := b.Nodes(t.Context())
		if err != nil || len(all) != 2 || all[0].Name != "a" || all[1].Name != "b" {
			t.Errorf("%+v, %v", all, err)
		}
		a.seat.lease = 0 // it dies without giving up its name
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		a = m.node(t, folder, "a", 0)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the next process waited for %v", took)
		}
		a.seat.lease = 0
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		a = m.node(t, t.TempDir(), "a", 0)
		if took := time.Since(begun); took < nodeLease/2 {
			t.Errorf("another folder took the name after %v", took)
		}
		defer a.Close()
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

// A list is changed in parts that etcd can write at once, unless it is to be all or
// nothing.
func TestLists(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER", Begun: time.Now()}, Rule: store.RuleRegister, Owner: a.ID}
		for i := range 1000 {
			b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i*37%1000))})
		}
		b.Atomic = true
		if _, err := nodes[0].Change(b); !errors.Is(err, store.ErrTooLarge) {
			t.Error(err)
		}
		b.Atomic = false
		swaps := m.swaps
		results, err := nodes[0].Change(b)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Err != nil || r.Next.MAC != b.Changes[i].MAC {
				t.Fatalf("%d: %+v", i, r)
			}
		}
		if n := m.swaps - swaps; n < 8 || n > 12 {
			t.Errorf("%d changes of etcd for 1,000 phones", n)
		}
		entries, err := nodes[0].History(a.ID, macaddr.Addr{}, store.Mark{}, 100)
		if err != nil || len(entries) != 2 {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	})
}

// What etcd can't write at once can't be undone, and stays as it is.
func TestTooLargeToUndo(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER", Begun: time.Now(), Undoable: true}, Rule: store.RuleRegister, Owner: a.ID}
		for i := range 500 {
			b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i))})
		}
		if _, err := nodes[0].Change(b); err != nil {
			t.Fatal(err)
		}
		if _, err := nodes[0].Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false); !errors.Is(err, store.ErrTooLarge) {
			t.Error(err)
		}
		if n, err := nodes[0].CountPhones(); n != 500 || err != nil {
			t.Error(n, err)
		}
		m.set(func() { m.maxRecords = 10_000 })
		nodes[0].probe(t.Context())
		if _, err := nodes[0].Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false); err != nil {
			t.Error(err)
		}
		if n, err := nodes[0].CountPhones(); n != 0 || err != nil {
			t.Error(n, err)
		}
	})
}

// Servers whose watch may miss changes are refused.
func TestVersions(t *testing.T) {
	for text, want := range map[string]string{"3.5.7": "update it", "3.4.30": "update it", "3.5.8": "", "3.7.3": "", "x": "expected one"} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			m.version = text
			n, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "a", Prefix: "sr1/"}, m)
			if err == nil {
				defer n.Close()
			}
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
		})
	}
	for text, want := range map[string]bool{"3.5.8": true, "3.5.16": true, "3.5.17": false, "3.6.0": false} {
		if warn, err := checkVersion(text); warn != want || err != nil {
			t.Errorf("%s: %v, %v", text, warn, err)
		}
	}
}

// Whatever nodes change at the same time, and whatever replies are lost, they have the
// same in the end, and what follows from it is right.
func TestRandomChanges(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		var all []store.Account
		for i := range 4 {
			all = append(all, account(t, nodes[0], store.Name(fmt.Sprint("account", i))))
		}
		for _, n := range nodes {
			n.Fresh(t.Context())
		}
		var group sync.WaitGroup
		for i, n := range nodes {
			for j := range 2 {
				r := rand.New(rand.NewPCG(seed, uint64(2*i+j)))
				group.Go(func() {
					for range 200 {
						mac := macaddr.MustParse(fmt.Sprintf("00041300%04X", r.IntN(30)))
						rule := []store.Rule{store.RuleRegister, store.RuleDeregister}[r.IntN(2)]
						err := one(n, rule, all[r.IntN(4)].ID, mac)
						if errors.Is(err, store.ErrUnavailable) { // a lost reply and a lost watch together may be store.ErrUnknown
							t.Error(err)
						}
						if r.IntN(20) == 0 {
							m.set(func() { m.lose = append(m.lose, r.IntN(2) == 0) })
						}
						if r.IntN(50) == 0 {
							n.state.followAgain()
						}
						if r.IntN(50) == 0 {
							readAgain(t, n)
						}
						if r.IntN(10) == 0 {
							time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
						}
					}
				})
			}
		}
		group.Wait()
	})
}

// readAgain lets a node read everything again.
func readAgain(t testing.TB, n *Node) {
	n.state.set(func(s *state) { s.whole = false })
	if err := n.SetReplicaOf(0, 7); err != nil {
		t.Error(err)
	}
	n.state.followAgain()
}

// The history is bounded on all nodes alike, also while they read everything again.
func TestBoundedHistory(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		most, _ := store.FromStrangers.Bounds()
		var group sync.WaitGroup
		for i, n := range nodes {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			n.Fresh(t.Context())
			group.Go(func() {
				for j := range most/2 + 20 {
					e := store.Entry{Account: a.ID, Audit: store.Audit{Command: store.CommandScan, Detail: fmt.Sprint(i, j), Begun: time.Now()}}
					if err := n.AddEntries([]store.Entry{e}); err != nil {
						t.Error(err)
					}
					if r.IntN(30) == 0 {
						readAgain(t, n)
					}
					time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond)
				}
			})
		}
		group.Wait()
		synctest.Wait()
		for _, n := range nodes {
			n.Fresh(t.Context())
			entries, err := n.History(a.ID, macaddr.Addr{}, store.Mark{}, 2*most)
			if err != nil || len(entries) != most+1 {
				t.Errorf("%s: %d entries, %v", n.config.Name, len(entries), err)
			}
		}
	})
}
