package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// A clustered is a single machine with a million phones, and nodes of a cluster that has
// the same phones.
type clustered struct {
	*bench
	apart  *bench // which starts what has a machine of its own: on a core of the clients
	etcd   *member
	single *service
	first  *service
	number atomic.Int64 // of the phone that was registered last
}

// cluster measures what several nodes cost.
func (b *bench) cluster() (err error) {
	program, ok := b.etcdProgram()
	if !ok {
		return nil
	}
	c := &clustered{bench: b, apart: b.onClientCore()}
	if c.etcd, err = c.apart.startEtcd(program, "etcd"); err != nil {
		return err
	}
	defer c.etcd.stop()
	const registered = 1_000_000
	if c.single, c.first, err = b.moved("single", registered, c.etcd); err != nil {
		return err
	}
	c.number.Store(registered)
	for _, rows := range []func() error{
		func() error { return c.clusterBoots(registered) },
		c.newNodes,
		c.nodesRegister,
	} {
		if err := rows(); err != nil {
			return err
		}
	}
	return b.clusterSizes(program, c.etcd, registered)
}

// onClientCore returns a bench whose servers run on the first core of the clients.
func (b *bench) onClientCore() *bench {
	other := *b
	other.cores.server = b.cores.clients[0]
	return &other
}

// moved registers phones with a service of a single machine, stops it, and moves a copy of
// its folder into etcd. It returns the service, and a node that has the copy; neither runs.
func (b *bench) moved(name string, registered int, to *member) (single, node *service, err error) {
	if single, err = b.newService(name); err != nil {
		return nil, nil, err
	}
	_, err = single.register(0, registered)
	single.stop()
	if err != nil {
		return nil, nil, err
	}
	if node, err = b.newNode(name+"-node", single); err != nil {
		return nil, nil, err
	}
	if err := os.CopyFS(filepath.Join(node.folder, "data"), os.DirFS(filepath.Join(single.folder, "data"))); err != nil {
		return nil, nil, err
	}
	return single, node, b.move(node, to)
}

// newNode makes a folder for a node to which the same key logs in as to another service.
func (b *bench) newNode(name string, like *service) (*service, error) {
	s := &service{folder: filepath.Join(b.folder, name), signer: like.signer}
	key, err := os.ReadFile(filepath.Join(like.folder, "key.pub"))
	if err != nil {
		return nil, err
	}
	return s, errors.Join(os.Mkdir(s.folder, 0o700), os.WriteFile(filepath.Join(s.folder, "key.pub"), key, 0o600))
}

// startNode starts the service as a node, with more flags.
func (b *bench) startNode(s *service, m *member, flags ...string) error {
	return b.startService(s, append(flags, "--admin-key", "key.pub", "--etcd", m.url, "--node", filepath.Base(s.folder))...)
}

// clusterSizes adds the rows of what phones take in etcd: those that a member has, or,
// with more millions, those of another one.
func (b *bench) clusterSizes(program string, m *member, registered int) error {
	if b.million > 1 {
		registered = b.million * 1_000_000
		many, err := b.onClientCore().startEtcd(program, "etcd-many")
		if err != nil {
			return err
		}
		defer many.stop()
		if _, _, err := b.moved("single-many", registered, many); err != nil {
			return err
		}
		m = many
		if m.moved, err = m.sizes(b.ctx); err != nil {
			return err
		}
	}
	for _, r := range []struct {
		what  string
		bytes float64
	}{
		{"bytes a phone in etcd's database, " + b.millions() + " moved", m.moved.database},
		{"bytes a phone in its folder, with its log", m.moved.folder},
		{"bytes a phone in its memory, without cached pages", m.moved.memory},
	} {
		b.table.addValue(r.what, "", sample{r.bytes / float64(registered)}, "bytes", "")
	}
	return nil
}

// clusterBoots compares a boot on a node with one on a single machine.
func (c *clustered) clusterBoots(registered int) (err error) {
	if c.etcd.moved, err = c.etcd.sizes(c.ctx); err != nil {
		return err
	}
	if err := c.startService(c.single); err != nil {
		return err
	}
	defer c.single.stop()
	if err := c.startNode(c.first, c.etcd); err != nil {
		return err
	}
	defer c.first.stop()
	boots := func(s *service) (func() (float64, error), error) {
		t, err := newTarget("snomredirect", s.addresses.HTTP, true, s.process)
		p := &phones{registered: registered}
		return func() (float64, error) {
			// So that a round begins after contacts were written, and ends before the
			// next ones are.
			if err := errors.Join(t.boots(p, 2), s.written()); err != nil {
				return 0, err
			}
			return t.cost(t.boots, p, 2*c.requests)
		}, err
	}
	ours, err := boots(c.first)
	if err != nil {
		return err
	}
	theirs, err := boots(c.single)
	if err != nil {
		return err
	}
	own, others, err := c.alternate(ours, theirs)
	if err == nil {
		c.table.addRatio("CPU a boot on a node: a new connection, 1 M registered, random MACs", "a single machine", own, others, "µs", "≤ 1.02")
	}
	return err
}

// newNodes measures how long a node with an empty folder takes until it answers a phone.
func (c *clustered) newNodes() error {
	one := func(name string) (float64, error) {
		s, err := c.newNode(name, c.single)
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(s.folder)
		begun := time.Now()
		if err := c.startNode(s, c.etcd); err != nil {
			return 0, err
		}
		defer s.stop()
		t, err := newTarget("snomredirect", s.addresses.HTTP, true, s.process)
		if err == nil {
			err = t.boots(&phones{registered: few}, 1)
		}
		return time.Since(begun).Seconds(), err
	}
	var took sample
	for round := range c.rounds {
		s, err := one(fmt.Sprint("new-", round))
		if err != nil {
			return err
		}
		took = append(took, s)
	}
	c.table.addValue("a new node, empty, 1 M in etcd: from its start to the first answer", "", took, "s", "≤ 15")
	return nil
}
