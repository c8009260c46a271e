package etcd

import (
	"context"
	"errors"
)

// Shared returns what all nodes have in common under a name. If there is nothing yet, it
// is what make returns. If etcd can't be reached, the error is store.ErrUnavailable.
func (n *Node) Shared(ctx context.Context, name string, make func() ([]byte, error)) ([]byte, error) {
	key := sharedLetter + name
	for {
		p, err := n.read(ctx, span{from: key})
		if err != nil {
			return nil, n.unavailable(err)
		}
		if len(p.records) > 0 {
			return p.records[0].value, nil
		}
		value, err := make()
		if err != nil {
			return nil, err
		}
		if len(value) == 0 {
			return nil, errors.New("etcd: nothing to share")
		}
		if _, err := n.swap(ctx, change{guard: key, writes: []write{{key: key, value: value}}}); err != nil {
			return nil, n.unavailable(err)
		}
	}
}
