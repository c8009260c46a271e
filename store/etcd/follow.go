package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"snomredirect/store/bolt"
)

// An inspected is the head as it was read.
type inspected struct {
	record   record // its revision is 0 if there is none
	head     head
	revision int64 // of etcd
	cluster  uint64
}

// readHead reads the head as it is now.
func (n *Node) readHead(ctx context.Context) (i inspected, err error) {
	begun := time.Now()
	p, err := n.read(ctx, span{from: headKey})
	if err != nil {
		return i, err
	}
	n.state.saw(begun)
	i.revision, i.cluster = p.revision, p.cluster
	if len(p.records) == 0 {
		return i, nil
	}
	i.record = p.records[0]
	i.head, err = parseHead(i.record.value)
	return i, err
}

// A problem is why a node can't follow until somebody does something.
type problem struct{ error }

func (p problem) Unwrap() error { return p.error }

// follow keeps the replica as etcd is, until the node is closed.
func (n *Node) follow() {
	said, lost := "", false
	for n.ctx.Err() == nil {
		ctx, again := context.WithCancel(n.ctx)
		n.state.set(func(s *state) { s.again = again })
		err := n.followOnce(ctx, lost)
		again()
		lost = errors.Is(err, errCompacted)
		var p problem
		isProblem := errors.As(err, &p)
		n.state.set(func(s *state) {
			if lost {
				s.seen = 0
			}
			switch {
			case isProblem:
				s.problem = p.error
			case err == nil:
				s.problem = nil
			}
		})
		if n.ctx.Err() != nil {
			return
		}
		if err != nil && !errors.Is(err, context.Canceled) && !lost && err.Error() != said {
			said = err.Error()
			n.config.Log.Error("following etcd was interrupted, retrying; phones are answered", "error", err)
		}
		n.state.await(n.ctx, retryEvery, func(*state) bool { return false })
	}
}

// followOnce follows until something fails. lost means that the watch has missed what was
// written.
func (n *Node) followOnce(ctx context.Context, lost bool) error {
	revision, cluster, err := n.ReplicaOf() // first: then etcd has at least this revision
	if err != nil {
		return err
	}
	at, err := n.readHead(ctx)
	switch {
	case err != nil:
		return err
	case at.record.revision == 0:
		return n.found(ctx)
	case at.head.Moving != nil:
		return problem{ErrMoving}
	case at.head.Schema != bolt.Schema():
		return problem{fmt.Errorf("%w: schema %d; this version has %d", ErrSchema, at.head.Schema, bolt.Schema())}
	}
	n.advanceClock(at.head)
	n.state.mu.Lock()
	seen := n.state.seen
	n.state.mu.Unlock()
	missed := seen == 0 // what is not in the replica, such as contacts
	switch {
	case revision == 0, cluster != at.cluster, at.revision < revision, lost && at.record.revision > revision:
		if err := n.resync(ctx, at); err != nil {
			return err
		}
		seen, missed = at.revision, true
	case seen == 0 && at.record.revision <= revision:
		seen = at.revision // nothing was changed until then
	case seen == 0:
		seen = revision
	}
	if missed {
		n.sharing.setUnread(true)
	}
	n.state.set(func(s *state) {
		if s.cluster != at.cluster {
			s.cluster, s.head, s.applied = at.cluster, 0, 0
		}
		s.whole, s.problem, s.seen = true, nil, seen
		s.head = max(s.head, at.record.revision)
		s.applied = max(s.applied, min(at.record.revision, max(revision, seen)))
	})
	return n.keys.watch(ctx, seen, n.apply)
}

// found writes the first head of an empty cluster. A replica that has data is not thrown
// away for one: it may be the last copy.
func (n *Node) found(ctx context.Context) error {
	accounts, err := n.Accounts()
	if err != nil {
		return err
	}
	if len(accounts) > 0 {
		return problem{ErrNoData}
	}
	_, err = n.swap(ctx, change{guard: headKey, writes: []write{n.newHead("first")}})
	return err
}

func (n *Node) advanceClock(h head) {
	n.clock.Store(max(n.clock.Load(), h.Time.UnixNano()))
}

// apply writes what a watch tells to the replica: whole revisions, as many in one
// transaction as is good, because most of what one costs is the sync.
func (n *Node) apply(batch []record) error {
	for len(batch) > 0 {
		end := min(len(batch), maxApply)
		for end < len(batch) && batch[end].revision == batch[end-1].revision {
			end++
		}
		if err := n.applyPart(batch[:end]); err != nil {
			return err
		}
		batch = batch[end:]
	}
	return nil
}

func (n *Node) applyPart(part []record) error {
	var writes []bolt.Write
	var heads []inspected
	accounts := false
	for _, r := range part {
		switch {
		case r.key == "":
		case r.key == headKey:
			if r.value == nil { // somebody has deleted everything
				return problem{ErrNoData}
			}
			h, err := parseHead(r.value)
			if err == nil && h.Schema != bolt.Schema() {
				err = fmt.Errorf("%w: schema %d; this version has %d", ErrSchema, h.Schema, bolt.Schema())
			}
			if err != nil {
				return problem{err}
			}
			heads = append(heads, inspected{record: r, head: h})
		case r.key[0] >= 'a' && r.key[0] <= 'z':
			writes = append(writes, bolt.Write{Key: r.key, Value: r.value})
		}
	}
	n.sharing.receive(part)
	last := part[len(part)-1].revision
	if len(writes) > 0 || len(heads) > 0 {
		if err := n.Apply(writes, last); err != nil {
			return err
		}
		accounts = changesAccounts(writes) && othersChanged(heads, n.config.Name)
	}
	n.state.set(func(s *state) {
		s.seen = last
		for _, h := range heads {
			s.advance(h.record.revision, h.head.Token)
			n.advanceClock(h.head)
		}
	})
	if accounts {
		select {
		case n.accounts <- struct{}{}:
		default: // it will be told anyway
		}
	}
	return nil
}

// advance notes that the replica has a revision of the head.
func (s *state) advance(revision int64, token string) {
	s.applied, s.head = max(s.applied, revision), max(s.head, revision)
	if q := s.sought; q != nil && q.found == 0 && revision > q.after {
		q.found, q.stored = revision, token == q.token
	}
}

func changesAccounts(writes []bolt.Write) bool {
	for _, w := range writes {
		if w.Key[0] == 'a' {
			return true
		}
	}
	return false
}

func othersChanged(heads []inspected, own string) bool {
	for _, h := range heads {
		if h.head.Node != own {
			return true
		}
	}
	return false
}

// tellAccounts calls AccountsChanged after accounts have changed elsewhere.
func (n *Node) tellAccounts() {
	for {
		select {
		case <-n.accounts:
			n.config.AccountsChanged()
		case <-n.ctx.Done():
			return
		}
	}
}
