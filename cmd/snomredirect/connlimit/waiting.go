package connlimit

import (
	"container/heap"
	"container/list"
	"net/netip"
)

// waiting are the connections by network, and those that can be closed for another one
// by source as well. Each operation takes at most the logarithm of their number.
type waiting struct {
	sources  map[netip.Prefix]*group
	networks map[netip.Prefix]*group
	fullest  [ranks]fullest // of networks
	unused   []*group       // empty, to be used again
}

// maxUnused bounds the groups that are kept to be used again.
const maxUnused = 256

// A group is the connections of a source or a network.
type group struct {
	live  [ranks]int       // of a network: all, also those that can't be closed yet
	conns [ranks]list.List // those that can be, from the oldest
	index [ranks]int       // in fullest
	turn  *list.Element    // of a network in a backlog
}

func newWaiting() waiting {
	w := waiting{sources: map[netip.Prefix]*group{}, networks: map[netip.Prefix]*group{}}
	for r := range w.fullest {
		w.fullest[r].rank = rank(r)
	}
	return w
}

// enter counts c in its network.
func (w *waiting) enter(c *Conn) {
	network, f := w.networks[c.network], &w.fullest[c.rank]
	if network == nil {
		network = w.newGroup()
		w.networks[c.network] = network
	}
	network.live[c.rank]++
	if network.live[c.rank] == 1 {
		heap.Push(f, network)
	} else {
		heap.Fix(f, network.index[c.rank])
	}
}

// add makes c, which was entered, one that can be closed for another one.
func (w *waiting) add(c *Conn) {
	source := w.sources[c.source]
	if source == nil {
		source = w.newGroup()
		w.sources[c.source] = source
	}
	c.inSource = source.conns[c.rank].PushBack(c)
	c.inNetwork = w.networks[c.network].conns[c.rank].PushBack(c)
}

// leave undoes enter and add.
func (w *waiting) leave(c *Conn) {
	network, f := w.networks[c.network], &w.fullest[c.rank]
	if c.inSource != nil {
		source := w.sources[c.source]
		source.conns[c.rank].Remove(c.inSource)
		network.conns[c.rank].Remove(c.inNetwork)
		c.inSource, c.inNetwork = nil, nil
		if source.len() == 0 {
			delete(w.sources, c.source)
			w.free(source)
		}
	}
	network.live[c.rank]--
	if network.live[c.rank] == 0 {
		heap.Remove(f, network.index[c.rank])
	} else {
		heap.Fix(f, network.index[c.rank])
	}
	if network.live == [ranks]int{} {
		delete(w.networks, c.network)
		w.free(network)
	}
}

// newGroup returns an empty group. Most phones have an address of their own, and need two
// for some milliseconds.
func (w *waiting) newGroup() (g *group) {
	if n := len(w.unused); n > 0 {
		g, w.unused = w.unused[n-1], w.unused[:n-1]
		return g
	}
	return &group{}
}

func (w *waiting) free(g *group) {
	if len(w.unused) < maxUnused {
		w.unused = append(w.unused, g)
	}
}

// of returns how many connections a source has.
func (w *waiting) of(source netip.Prefix) int {
	if g := w.sources[source]; g != nil {
		return g.len()
	}
	return 0
}

// oldestOf returns a source's oldest connection of the lowest rank, but not except.
func (w *waiting) oldestOf(source netip.Prefix, except *Conn) *Conn {
	if g := w.sources[source]; g != nil {
		for r := range ranks {
			for e := g.conns[r].Front(); e != nil; e = e.Next() {
				if c := e.Value.(*Conn); c != except {
					return c
				}
			}
		}
	}
	return nil
}

// victim returns the connection to close for a newcomer, or nil if there is none.
func (w *waiting) victim(newcomer *Conn, perSource int) *Conn {
	if !newcomer.exempt && w.of(newcomer.source) >= perSource {
		return w.oldestOf(newcomer.source, nil)
	}
	for r := range w.fullest {
		if networks := w.fullest[r].groups; len(networks) > 0 {
			// If the server has read from none of the fullest network yet, the newcomer
			// waits: others must not go because the server is late.
			if oldest := networks[0].conns[r].Front(); oldest != nil {
				return oldest.Value.(*Conn)
			}
			return nil
		}
	}
	return nil
}

func (g *group) len() (n int) {
	for r := range g.conns {
		n += g.conns[r].Len()
	}
	return n
}

// fullest is a heap of networks, whose first has most connections of a rank.
type fullest struct {
	rank   rank
	groups []*group
}

func (f *fullest) Len() int { return len(f.groups) }

func (f *fullest) Less(i, j int) bool {
	return f.groups[i].live[f.rank] > f.groups[j].live[f.rank]
}

func (f *fullest) Swap(i, j int) {
	f.groups[i], f.groups[j] = f.groups[j], f.groups[i]
	f.groups[i].index[f.rank], f.groups[j].index[f.rank] = i, j
}

// Push implements [heap.Interface].
func (f *fullest) Push(g any) {
	g.(*group).index[f.rank] = len(f.groups)
	f.groups = append(f.groups, g.(*group))
}

// Pop implements [heap.Interface].
func (f *fullest) Pop() any {
	last := len(f.groups) - 1
	g := f.groups[last]
	f.groups[last] = nil
	f.groups = f.groups[:last]
	return g
}
