package etcd

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"snomredirect/store/bolt"
	"snomredirect/store/etcd/etcdtest"
	"snomredirect/store/storetest"
)

// A node passes all tests of backends, and another one has the same in the end.
func TestContract(t *testing.T) {
	var mu sync.Mutex
	memories := map[string]*memory{} // of the folders, which are opened several times
	storetest.Run(t, func(t testing.TB, folder string, hold time.Duration) storetest.Backend {
		mu.Lock()
		if memories[folder] == nil {
			memories[folder] = newMemory()
		}
		m := memories[folder]
		mu.Unlock()
		return &comparedNode{m.node(t, folder, "a", hold), t, m}
	})
}

// A comparedNode is compared with a new node when it is closed.
type comparedNode struct {
	*Node
	t testing.TB
	m *memory
}

func (n *comparedNode) Close() error {
	other := n.m.node(n.t, n.t.TempDir(), "b", 0)
	defer other.Close()
	sameSums(n.t, n.Node, other)
	return n.Node.Close()
}

func sameSums(t testing.TB, all ...*Node) {
	t.Helper()
	first, want, err := all[0].Sum()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all[1:] {
		if records, sum, err := n.Sum(); err != nil || sum != want {
			t.Errorf("%s has %d records, %x, %v; want %d, %x", n.config.Name, records, sum, err, first, want)
		}
	}
}

// The same over a real etcd.
func TestContractOverEtcd(t *testing.T) {
	url := etcdtest.Start(t, 1, "--unsafe-no-fsync")[0].URL // its disk is not tested here
	requests := make(chan func())
	t.Cleanup(func() { close(requests) })
	go func() {
		for f := range requests {
			go f()
		}
	}()
	var mu sync.Mutex
	prefixes := map[string]string{}
	storetest.Run(t, func(t testing.TB, folder string, hold time.Duration) storetest.Backend {
		mu.Lock()
		if prefixes[folder] == "" {
			prefixes[folder] = fmt.Sprintf("test%d/", len(prefixes))
		}
		c := Config{Name: "a", Endpoints: []string{url}, Prefix: prefixes[folder]}
		mu.Unlock()
		o := &outside{requests: requests, memory: newMemory()}
		o.run(func() {
			k, err := connect(c)
			if err != nil {
				panic(err)
			}
			o.keys = k
		})
		n, err := open(t.Context(), folder, bolt.Config{Hold: hold}, c, o)
		if err != nil {
			t.Fatal(err)
		}
		return n
	})
}

// An outside is a client that runs outside of the bubble of its node: gRPC hangs inside. In
// the bubble no time passes during a request. Its leases are in memory: a day in the
// bubble would need too many requests.
type outside struct {
	*memory
	keys     keys
	requests chan func() // made outside

	mu      sync.Mutex
	written int64 // the last revision that was
	head    *page // as nobody has changed it since
	heads   int   // how often it may have been changed
}

func (o *outside) run(f func()) {
	var done sync.Mutex // waiting for it lets no time pass in the bubble
	done.Lock()
	o.requests <- func() { defer done.Unlock(); f() }
	done.Lock()
}

func (o *outside) swap(_ context.Context, c change) (s swapped, err error) {
	if c.guard == nodeLetter+"a" {
		return o.memory.swap(context.Background(), c)
	}
	forget := func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.head, o.heads = nil, o.heads+1
		if err == nil && s.ok {
			o.written = s.revision
		}
	}
	forget()
	defer forget()
	o.run(func() { s, err = o.keys.swap(context.Background(), c) })
	return s, err
}

func (o *outside) read(_ context.Context, s span) (p page, err error) {
	if s.from == nodeLetter+"a" {
		return o.memory.read(context.Background(), s)
	}
	o.mu.Lock()
	known, heads := o.head, o.heads
	o.mu.Unlock()
	if s.from == headKey && known != nil {
		return *known, nil
	}
	o.run(func() { p, err = o.keys.read(context.Background(), s) })
	if s.from == headKey && err == nil {
		o.mu.Lock()
		if o.heads == heads {
			o.head = &p
		}
		o.mu.Unlock()
	}
	return p, err
}

// A told is what a watch outside of the bubble has told.
type told struct {
	mu      sync.Mutex
	batches [][]record
	last    int64
	failed  error
}

// watch looks every second of the bubble's time for what the real watch has told, and
// waits until that is all that was written.
func (o *outside) watch(ctx context.Context, after int64, f func([]record) error) error {
	var end context.CancelFunc
	w := &told{}
	o.run(func() {
		var outer context.Context
		outer, end = context.WithCancel(context.Background())
		go func() {
			err := o.keys.watch(outer, after, func(batch []record) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.batches, w.last = append(w.batches, batch), batch[len(batch)-1].revision
				return nil
			})
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failed = err
		}()
	})
	defer o.run(func() { end() })
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var batches [][]record
		var err error
		for {
			o.mu.Lock()
			written := o.written
			o.mu.Unlock()
			w.mu.Lock()
			batches, err = w.batches, w.failed
			ready := err != nil || max(after, w.last) >= written
			if ready {
				w.batches = nil
			}
			w.mu.Unlock()
			if ready {
				break
			}
			o.run(func() { time.Sleep(100 * time.Microsecond) })
		}
		for _, batch := range batches {
			if err := f(batch); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (o *outside) close() (err error) {
	o.run(func() { err = o.keys.close() })
	return err
}
