package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A state is what a node knows of etcd and of its replica.
type state struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change

	cluster uint64
	whole   bool  // the replica is that of a revision of the cluster
	head    int64 // the latest revision of the head that is known
	applied int64 // the latest revision of the head that the replica has by the watch, or by reading
	seen    int64 // the revision up to which the watch came
	problem error // why the node can't follow, or nil

	answered time.Time // when etcd answered last
	current  time.Time // when the replica was known to have all changes

	sought *sought // the change whose outcome is not known
	again  context.CancelFunc
}

// A sought is a change whose outcome the watch tells: that of the first head after a
// revision, if there is one, has its token.
type sought struct {
	after  int64
	token  string
	found  int64 // the revision of that first head, or 0
	stored bool  // it has the token
	lost   bool  // the watch has missed it
}

func newState() state { return state{changed: make(chan struct{})} }

// set changes the state and wakes those who wait for it.
func (s *state) set(f func(*state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until the state is as wanted, and reports whether it is. It gives up when
// ctx ends or after some time; 0 is no bound.
func (s *state) await(ctx context.Context, most time.Duration, wanted func(*state) bool) bool {
	var late <-chan time.Time
	if most > 0 {
		timer := time.NewTimer(most)
		defer timer.Stop()
		late = timer.C
	}
	for {
		s.mu.Lock()
		ok, changed := wanted(s), s.changed
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-late:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// saw notes that etcd answered a request that began at a time.
func (s *state) saw(begun time.Time) {
	s.set(func(s *state) { s.answered = later(s.answered, begun) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (s *state) away(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.answered) > awayAfter
}

func (s *state) currentAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

func (s *state) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

var errReading = errors.New("the replica is being read again from etcd")

// refusing returns why changes are refused, or nil.
func (s *state) refusing(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case now.Sub(s.answered) > awayAfter && s.current.IsZero():
		return errAway
	case now.Sub(s.answered) > awayAfter:
		return fmt.Errorf("%w; what is shown here is as of %s", errAway, s.current.UTC().Format("2006-01-02 15:04:05 UTC"))
	case s.problem != nil:
		return s.problem
	case !s.whole:
		return errReading
	}
	return nil
}

// followAgain lets the follower begin again with what etcd says.
func (s *state) followAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.again != nil {
		s.again()
	}
}
