package main

import (
	"bufio"
	"fmt"
	"io"
)

// macs is how many MACs begin with snom's OUI 000413.
const macs = 1 << 24

// mac returns the i-th MAC of a fixed random order. The first ones are registered.
func mac(i int) uint32 {
	n := uint32(i)
	for _, odd := range []uint32{0x5bd1e9, 0x27d4eb, 0x9e3779} { // each step has an inverse
		n = n * odd & (macs - 1)
		n ^= n >> 11
	}
	return n
}

// writeList writes the MACs of the first phones, one a line, in their random order.
func writeList(w io.Writer, from, to int) error {
	out := bufio.NewWriter(w)
	for i := from; i < to; i++ {
		fmt.Fprintf(out, "000413%06X\n", mac(i))
	}
	return out.Flush()
}

// phones are whose requests a round consists of: by turns a registered one and one that
// is not.
type phones struct {
	registered int
	turn       int
}

// stride is a prime: its multiples reach every phone once before the first one comes
// again.
const stride = 7_368_787

// next returns a phone that was not returned since rewinding, unless all were.
func (p *phones) next() (mac24 uint32, registered bool) {
	i := p.turn / 2
	registered = p.turn%2 == 0
	p.turn++
	if registered {
		return mac(int(uint64(i) * stride % uint64(p.registered))), true
	}
	return mac(p.registered + int(uint64(i)*stride%uint64(macs-p.registered))), false
}
