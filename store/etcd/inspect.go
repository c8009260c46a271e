package etcd

import (
	"time"
)

// inspect compares the head with the replica every few seconds. That shows how old the
// replica is, whether etcd answers, whether it is the same cluster, and whether the watch
// is stuck.
func (n *Node) inspect() {
	tick := time.NewTicker(inspectEvery)
	defer tick.Stop()
	var behind lag
	away := false
	for {
		behind = n.inspectOnce(behind)
		if now := n.state.away(time.Now()); now != away && n.ctx.Err() == nil {
			away = now
			if away {
				n.config.Log.Error("etcd can't be reached: changes are refused; phones are answered")
			} else {
				n.config.Log.Info("etcd is reached again")
			}
		}
		select {
		case <-tick.C:
		case <-n.ctx.Done():
			return
		}
	}
}

// A lag is a revision of the head that the replica lacks, and since when. The zero value is
// none.
type lag struct {
	revision int64
	since    time.Time
}

// inspectOnce compares the head once. It returns what the replica lacks of what the head
// says, after it has lacked behind.
func (n *Node) inspectOnce(behind lag) lag {
	begun := time.Now()
	n.state.mu.Lock()
	known, cluster := n.state.head, n.state.cluster
	n.state.mu.Unlock()
	at, err := n.readHead(n.ctx)
	if err != nil {
		return behind
	}
	if cluster != 0 && (at.cluster != cluster || at.record.revision < known) {
		n.state.followAgain()
		return lag{}
	}
	current, moved := false, false
	n.state.set(func(s *state) {
		if s.cluster != at.cluster {
			return
		}
		s.head = max(s.head, at.record.revision)
		if current = s.whole && s.applied >= at.record.revision; current {
			s.current = later(s.current, begun)
		}
		moved = s.applied >= behind.revision // while others change much, the next revisions are always on their way
	})
	now := lag{at.record.revision, begun}
	switch {
	case current:
		return lag{}
	case behind == lag{}, moved:
		return now
	case begun.Sub(behind.since) > stuckAfter && n.state.isWhole(): // not while everything is read again
		n.state.followAgain()
		return now
	}
	return behind
}

func (s *state) isWhole() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole
}
