package main

import (
	"context"
	"time"

	"snomredirect/sshconsole/nodes"
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
