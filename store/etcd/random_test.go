package etcd

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

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
