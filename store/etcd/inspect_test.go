package etcd

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// A watch is begun again if it is stuck, and not if the replica only never has the latest of
// many changes: each time, the node would get none for a third of a second.
func TestWatchIsStuck(t *testing.T) {
	for _, moves := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			n := &Node{config: Config{Name: "a", Log: slog.New(slog.DiscardHandler)}.withDefaults(), keys: m, state: newState(), ctx: t.Context()}
			again := 0
			n.state.set(func(s *state) { s.cluster, s.whole, s.again = m.cluster, true, func() { again++ } })
			var behind lag
			for begun := time.Now(); time.Since(begun) < 3*stuckAfter; time.Sleep(inspectEvery) {
				r, err := m.swap(t.Context(), change{writes: []write{n.newHead("token")}})
				if err != nil {
					t.Fatal(err)
				}
				behind = n.inspectOnce(behind)
				if moves {
					n.state.set(func(s *state) { s.applied = r.revision })
				}
			}
			if moves && again > 0 || !moves && again != 2 {
				t.Errorf("the replica moves: %v; it was begun again %d times", moves, again)
			}
		})
	}
}
