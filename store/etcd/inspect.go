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
	var behind time.Time // since when, or zero
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

// inspectOnce compares the head once. It returns since when the replica has lacked what the
// head says.
func (n *Node) inspectOnce(behind time.Time) time.Time {
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
		return time.Time{}
	}
	current := false
	n.state.set(func(s *state) {
		if s.cluster != at.cluster {
			return
		}
		s.head = max(s.head, at.record.revision)
		if current = s.whole && s.applied >= at.record.revision; current {
			s.current = later(s.current, begun)
		}
	})
	switch {
	case current:
		return time.Time{}
	case behind.IsZero():
		return begun
	case begun.Sub(behind) > stuckAfter && n.state.isWhole(): // not while everything is read again
		n.state.followAgain()
		return begun
	}
	return behind
}

func (s *state) isWhole() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole
}
