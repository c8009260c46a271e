package integration

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"snomredirect/store/etcd/etcdtest"
)

// A proofFault breaks something, and returns what mends it.
type proofFault struct {
	name   string
	inject func(*proofCluster, *rand.Rand) (mend func())
}

// nodeFaults are those of one node, etcdFaults those of etcd.
var (
	nodeFaults = []proofFault{
		{"kill -9 of a node", func(c *proofCluster, r *rand.Rand) func() {
			n := c.anyNode(r)
			n.kill()
			return func() {
				begun := time.Now()
				if err := n.run(); err != nil {
					c.Fatalf("%s: %v", n.name, err)
				}
				n.up()
				c.Logf("%s listens %v after it was started again", n.name, time.Since(begun).Round(time.Millisecond))
			}
		}},
		{"pause of a node", func(c *proofCluster, r *rand.Rand) func() {
			n := c.anyNode(r)
			n.down()
			n.signal(c, syscall.SIGSTOP)
			return func() {
				n.signal(c, syscall.SIGCONT)
				n.up()
			}
		}},
	}
	linkFaults = []proofFault{
		{"a node cut off in silence", cutOff(linkSilent)},
		{"a node that hears no replies", cutOff(linkDeaf)},
		{"a node cut off", cutOff(linkRefused)},
		{"a node cut off from one member", func(c *proofCluster, r *rand.Rand) func() {
			link := c.anyNode(r).links[r.IntN(len(c.members))]
			link.set(linkSilent)
			return func() { link.set(linkOpen) }
		}},
	}
	etcdFaults = []proofFault{
		{"kill -9 of etcd's leader", func(c *proofCluster, r *rand.Rand) func() {
			m := c.leader()
			m.Kill()
			return m.Start
		}},
		{"pause of etcd's leader", func(c *proofCluster, r *rand.Rand) func() {
			m := c.leader()
			m.Signal(syscall.SIGSTOP)
			return func() { m.Signal(syscall.SIGCONT) }
		}},
		{"kill -9 of two members", func(c *proofCluster, r *rand.Rand) func() {
			first := r.IntN(len(c.members))
			two := []*etcdtest.Member{c.members[first], c.members[(first+1)%len(c.members)]}
			for _, m := range two {
				m.Kill()
			}
			return func() { // etcd has a majority from the first one on
				for _, m := range two {
					m.Start()
				}
			}
		}},
	}
)

func cutOff(s linkState) func(*proofCluster, *rand.Rand) func() {
	return func(c *proofCluster, r *rand.Rand) func() {
		n := c.anyNode(r)
		n.cut(s)
		return func() { n.cut(linkOpen) }
	}
}

func (c *proofCluster) anyNode(r *rand.Rand) *proofNode { return c.nodes[r.IntN(len(c.nodes))] }

// leader returns etcd's leader, once there is one.
func (c *proofCluster) leader() *etcdtest.Member {
	c.Helper()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(20 * time.Millisecond) {
		for _, m := range c.members {
			if m.Leads() {
				return m
			}
		}
	}
	c.Fatal("etcd has no leader")
	return nil
}

// breakFor breaks one thing or two at a time, and mends them, for some time. All is whole
// when it returns.
func (c *proofCluster) breakFor(most time.Duration, r *rand.Rand) {
	c.Helper()
	kinds := [][]proofFault{nodeFaults}
	if len(c.members) > 0 {
		kinds = append(kinds, linkFaults, etcdFaults)
	}
	turns := map[string][]proofFault{}
	// next returns a fault of a kind; each comes before one comes again.
	next := func(i int) proofFault {
		key := kinds[i][0].name
		if len(turns[key]) == 0 {
			for _, j := range r.Perm(len(kinds[i])) {
				turns[key] = append(turns[key], kinds[i][j])
			}
		}
		f := turns[key][0]
		turns[key] = turns[key][1:]
		return f
	}
	for begun, round := time.Now(), 0; time.Since(begun) < most; round++ {
		pause(r, 300*time.Millisecond, 1500*time.Millisecond)
		faults := []proofFault{next(round % len(kinds))}
		if len(kinds) > 1 && r.IntN(3) == 0 {
			faults = append(faults, next((round+1)%len(kinds)))
		}
		var names []string
		var mends []func()
		for _, f := range faults {
			names = append(names, f.name)
			mends = append(mends, f.inject(c, r))
		}
		from := time.Since(c.begun)
		if r.IntN(5) > 0 {
			pause(r, 200*time.Millisecond, 3*time.Second)
		} else { // long enough for a node to count etcd as away
			pause(r, 6*time.Second, 9*time.Second)
		}
		for _, mend := range mends {
			mend()
		}
		c.Logf("%8v to %8v: %s", from.Round(time.Millisecond), time.Since(c.begun).Round(time.Millisecond), strings.Join(names, ", "))
	}
}

// pause lets the broken cluster work for a while; how long is the test's input.
func pause(r *rand.Rand, least, most time.Duration) {
	time.Sleep(least + time.Duration(r.Int64N(int64(most-least))))
}
