package shell

import (
	"errors"

	"snomredirect/sshconsole/nodes"
	"snomredirect/store"
)

// showNodes lists the nodes of the cluster.
func showNodes(c *call) error {
	if c.Nodes == nil {
		c.notify("This is a single node: the service runs without --etcd.")
		return nil
	}
	all, err := c.Nodes(c.ctx)
	if errors.Is(err, store.ErrUnavailable) {
		return refused(codeBusy, "The nodes are not known, because this one can't reach etcd. Try again later, or on another node.")
	}
	if err != nil {
		return err
	}
	if !c.json {
		return nodes.Write(c.out, all)
	}
	for _, n := range all {
		c.object(n)
	}
	return nil
}
