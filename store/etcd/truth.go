package etcd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

// A truth is a node as the [bolt.Truth] of its own replica.
type truth Node

// Reasons for which a change is declined.
var (
	errBehind   = errors.New("etcd: the replica lacks changes")
	errConflict = errors.New("etcd: another node was first")
	errUnknown  = errors.New("etcd: the outcome is not known")
	errNoLeader = errors.New("etcd: there is no leader")
)

// Approve implements [bolt.Truth].
func (t *truth) Approve(revision int64, writes []bolt.Write) (next int64, err error) {
	n := (*Node)(t)
	if err := n.reachable(); err != nil {
		return 0, err
	}
	if len(writes) == 0 {
		return n.confirm(revision)
	}
	at, token, err := n.seek(revision)
	if err != nil {
		return 0, err
	}
	c := change{guard: headKey, at: at, writes: append(make([]write, 0, 1+len(writes)), n.newHead(token))}
	size := 0
	for _, w := range writes {
		c.writes = append(c.writes, write{key: w.Key, value: w.Value})
		size += len(w.Key) + len(w.Value)
	}
	begun := time.Now()
	r, err := n.swap(n.ctx, c)
	switch {
	case errors.Is(err, errTooMany), errors.Is(err, errTooLarge):
		n.limit.lower(err, len(writes), size)
		return 0, err
	case errors.Is(err, errRefused), errors.Is(err, errNoLeader):
		return 0, err
	case err != nil:
		return 0, fmt.Errorf("%w: %w", errUnknown, err)
	}
	n.state.set(func(s *state) {
		s.answered = later(s.answered, begun)
		switch {
		case r.ok:
			s.head, s.current = max(s.head, r.revision), later(s.current, begun)
		case r.guard.revision > at:
			s.head = max(s.head, r.guard.revision)
		}
	})
	if !r.ok {
		if r.guard.revision <= at { // not the data that the replica is of
			n.state.followAgain()
		}
		n.config.Conflicted()
		return 0, errConflict
	}
	return r.revision, nil
}

// confirm returns an error unless nothing was changed since the replica's revision.
func (n *Node) confirm(revision int64) (int64, error) {
	at, err := n.readHead(n.ctx)
	if err != nil {
		return 0, away(err)
	}
	n.state.set(func(s *state) {
		if at.cluster == s.cluster {
			s.head = max(s.head, at.record.revision)
		}
	})
	n.state.mu.Lock()
	defer n.state.mu.Unlock()
	switch s := &n.state; {
	case s.problem != nil:
		return 0, fmt.Errorf("%w: %w", errRefused, s.problem)
	case !s.whole, at.cluster != s.cluster, at.record.revision > revision:
		return 0, errBehind
	}
	return revision, nil
}

// reachable returns errAway if etcd does not answer, so that a change is refused before
// its outcome can be unknown.
func (n *Node) reachable() error {
	now := time.Now()
	n.state.mu.Lock()
	silent := now.Sub(n.state.answered)
	n.state.mu.Unlock()
	switch { // a Fresh that gave up is the first to know
	case silent > awayAfter:
		return errAway
	case silent < inspectEvery+inspectEvery/2 && !n.fresh.stale():
		return nil
	}
	// Its members may be choosing a leader, which takes some two seconds.
	ctx, cancel := context.WithTimeout(n.ctx, max(freshTime, awayAfter-silent))
	defer cancel()
	if _, err := n.readHead(ctx); err != nil {
		return away(err)
	}
	return nil
}

// seek returns the revision of the head that a change must find, and a token to find its
// outcome by.
func (n *Node) seek(revision int64) (at int64, token string, err error) {
	n.state.mu.Lock()
	defer n.state.mu.Unlock()
	s := &n.state
	if s.problem != nil {
		return 0, "", fmt.Errorf("%w: %w", errRefused, s.problem)
	}
	if !s.whole || revision < s.head {
		return 0, "", errBehind
	}
	s.sought = &sought{after: s.head, token: rand.Text()}
	return s.head, s.sought.token, nil
}

func (n *Node) newHead(token string) write {
	h := head{Node: n.config.Name, Token: token, Time: (*truth)(n).Clock(time.Now()).UTC(), Schema: bolt.Schema()}
	return write{key: headKey, value: h.encode()}
}

// Settle implements [bolt.Truth].
func (t *truth) Settle(err error) (again bool, result error) {
	n := (*Node)(t)
	switch {
	case errors.Is(err, errTooMany), errors.Is(err, errTooLarge): // with a lower limit
		return true, nil
	case errors.Is(err, errBehind), errors.Is(err, errConflict):
		if n.caughtUp(n.ctx, settleTime) {
			return true, nil
		}
		return false, n.unavailable(errBehind)
	case errors.Is(err, errUnknown):
		return n.findOut(err)
	case errors.Is(err, errNoLeader): // there may be one soon: otherwise etcd is away
		n.state.await(n.ctx, retryEvery, func(*state) bool { return false })
		if n.ctx.Err() == nil {
			return true, nil
		}
	}
	return false, n.unavailable(err)
}

// caughtUp waits until the replica has all changes that are known.
func (n *Node) caughtUp(ctx context.Context, most time.Duration) bool {
	return n.state.await(ctx, most, func(s *state) bool { return s.whole && s.applied >= s.head })
}

// unavailable returns the error of a change that was not made.
func (n *Node) unavailable(err error) error {
	if at := n.Stale(); !at.IsZero() {
		return fmt.Errorf("%w: %w", store.Stale{At: at}, err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}

// Limits implements [bolt.Truth].
func (t *truth) Limits() (records, bytes int) {
	records, bytes = t.limit.now()
	records-- // the head
	overhead := len(t.config.Prefix) + 32
	return records, max(bytes-maxRecord-records*overhead, bytes/4)
}

// Clock implements [bolt.Truth].
func (t *truth) Clock(now time.Time) time.Time {
	return later(now, time.Unix(0, t.clock.Load()))
}
