package main

import (
	"context"
	"errors"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/nodes"
	"snomredirect/store"
)

// nodes returns what NODES calls, or nil for a single node.
func (v *service) nodes() func(context.Context) ([]nodes.Node, error) {
	if v.node == nil {
		return nil
	}
	return func(ctx context.Context) (all []nodes.Node, err error) {
		told, err := v.node.Nodes(ctx)
		for _, n := range told {
			all = append(all, nodes.Node{Name: n.Name, Address: n.Address, Version: n.Version, Started: n.Begun,
				ReplicaAge: n.ReplicaAge, Phones: n.Phones, Own: n.Name == v.flags.Node})
		}
		return all, err
	}
}

// stale returns as of when the store is, if other nodes may have changed something since,
// and the zero time otherwise.
func (v *service) stale() time.Time {
	if v.node == nil {
		return time.Time{}
	}
	return v.node.Stale()
}

// freshForMiss returns what look-ups call that found nothing, or nil for a single node.
func (v *service) freshForMiss() func(context.Context) {
	if v.node == nil {
		return nil
	}
	return v.node.FreshForMiss
}

// provingTwice returns prove, which looks again for a claim that it doesn't find, because
// that may just have been made on another node. If fresh is nil, it is prove itself.
func provingTwice(prove func(macaddr.Addr, string) error, fresh func(context.Context)) func(macaddr.Addr, string) error {
	if fresh == nil {
		return prove
	}
	return func(mac macaddr.Addr, code string) error {
		err := prove(mac, code)
		if errors.Is(err, store.ErrNoClaim) {
			fresh(context.Background()) // which takes about a second at most
			err = prove(mac, code)
		}
		return err
	}
}
