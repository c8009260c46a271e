package etcd

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"snomredirect/store/bolt"
)

// A memory is an etcd in memory, for tests in a bubble, where a gRPC client would hang. It
// can fail as etcd can.
type memory struct {
	mu         sync.Mutex
	changed    chan struct{}
	revision   int64
	compactRev int64
	cluster    uint64
	records    map[string]record
	leased     map[string]int64
	leases     map[int64]time.Time
	log        []record
	version    string

	maxRecords, maxBytes int
	gone                 bool   // requests fail, and what was asked is not done
	goneAfter            bool   // a reply is lost
	noLeader             bool   // swaps fail, and what was asked is not done
	lose                 []bool // for the next swaps of the head: the reply is lost, after it was done or not
	swaps, reads         int
}

func newMemory() *memory {
	return &memory{changed: make(chan struct{}), revision: 1, cluster: 7, records: map[string]record{}, leased: map[string]int64{},
		leases: map[int64]time.Time{}, maxRecords: defaultRecords, maxBytes: 1 << 20, version: "3.7.3"}
}

var errLost = errors.New("the reply was lost")

// do runs f with the lock, unless etcd is gone.
func (m *memory) do(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone {
		return errLost
	}
	for id, end := range m.leases {
		if time.Now().After(end) {
			m.drop(id)
		}
	}
	return f()
}

func (m *memory) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.changed)
	m.changed = make(chan struct{})
}

// counted returns how many swaps there were.
func (m *memory) counted() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.swaps
}

// put writes with the lock held.
func (m *memory) put(writes []write) {
	m.revision++
	for _, w := range writes {
		r := record{w.key, bytes.Clone(w.value), m.revision}
		if _, there := m.records[w.key]; w.value == nil && !there {
			continue
		}
		if w.value == nil {
			delete(m.records, w.key)
			delete(m.leased, w.key)
		} else {
			m.records[w.key] = r
			m.leased[w.key] = w.lease
		}
		m.log = append(m.log, r)
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memory) swap(ctx context.Context, c change) (s swapped, err error) {
	err = m.do(ctx, func() error {
		size := 0
		for _, w := range c.writes {
			size += len(w.key) + len(w.value)
		}
		switch {
		case len(c.writes) > m.maxRecords:
			return errTooMany
		case size > m.maxBytes:
			return errTooLarge
		case m.noLeader:
			return errNoLeader
		}
		m.swaps++
		done := true
		lost := false
		if c.guard == headKey && c.at >= 0 && len(m.lose) > 0 {
			done, lost, m.lose = m.lose[0], true, m.lose[1:]
		}
		guard := m.records[c.guard]
		if s.ok = c.guard == "" || guard.revision == c.at; s.ok && done {
			m.put(c.writes)
		}
		if s.revision, s.cluster = m.revision, m.cluster; !s.ok {
			s.guard = guard
		}
		if lost {
			m.gone = m.goneAfter
			return errLost
		}
		return nil
	})
	return s, err
}

func (m *memory) read(ctx context.Context, s span) (p page, err error) {
	err = m.do(ctx, func() error {
		m.reads++
		if s.revision != 0 && s.revision < m.compactRev {
			return errCompacted
		}
		p.revision, p.cluster = m.revision, m.cluster
		if r, ok := m.records[s.from]; s.to == "" {
			if ok {
				p.records = []record{r}
			}
			return nil
		}
		all := map[string]record{} // of the span
		put := func(r record) {
			if r.key >= s.from && r.key < s.to {
				if all[r.key] = r; r.value == nil {
					delete(all, r.key)
				}
			}
		}
		if s.revision == 0 {
			for _, r := range m.records {
				put(r)
			}
		}
		for _, r := range m.log {
			if r.revision > s.revision {
				break
			}
			put(r)
		}
		for _, k := range slices.Sorted(maps.Keys(all)) {
			p.records = append(p.records, all[k])
		}
		if s.limit > 0 && len(p.records) > s.limit {
			p.records, p.more = p.records[:s.limit], true
		}
		return nil
	})
	return p, err
}

func (m *memory) watch(ctx context.Context, after int64, f func([]record) error) error {
	for {
		var batch []record
		var changed chan struct{}
		err := m.do(ctx, func() error {
			if after < m.compactRev-1 {
				return errCompacted
			}
			changed = m.changed
			i, _ := slices.BinarySearchFunc(m.log, after+1, func(r record, rev int64) int { return int(r.revision - rev) })
			batch = slices.Clone(m.log[i:])
			return nil
		})
		if err != nil {
			return err
		}
		if len(batch) > 0 {
			after = batch[len(batch)-1].revision
			if err := f(batch); err != nil {
				return err
			}
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *memory) grant(ctx context.Context, life time.Duration) (id int64, err error) {
	err = m.do(ctx, func() error {
		id = int64(len(m.leases) + 1)
		m.leases[id] = time.Now().Add(life)
		return nil
	})
	return id, err
}

func (m *memory) renew(ctx context.Context, id int64) error {
	return m.do(ctx, func() error {
		if _, ok := m.leases[id]; !ok {
			return errExpired
		}
		m.leases[id] = time.Now().Add(nodeLease)
		return nil
	})
}

func (m *memory) revoke(ctx context.Context, id int64) error {
	return m.do(ctx, func() error { m.drop(id); return nil })
}

// drop ends a lease, with the lock held.
func (m *memory) drop(id int64) {
	delete(m.leases, id)
	for k, of := range m.leased {
		if of == id {
			m.put([]write{{key: k}})
		}
	}
}

func (m *memory) versions(ctx context.Context) (all []string, err error) {
	err = m.do(ctx, func() error { all = strings.Fields(m.version); return nil })
	return all, err
}

func (m *memory) close() error { return nil }

// node opens a node over m.
func (m *memory) node(t testing.TB, folder, name string, hold time.Duration) *Node {
	t.Helper()
	n, err := open(t.Context(), folder, bolt.Config{Hold: hold}, Config{Name: name, Prefix: "sr1/"}, m)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
