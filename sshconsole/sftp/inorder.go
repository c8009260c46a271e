package sftp

import (
	"encoding/binary"
	"io"
	"sync"
)

// Types of packets that open a handle.
const (
	packetOpen    = 3
	packetOpenDir = 11
)

// An inOrder is a client's connection, from which nothing is read while a file or a folder
// is being opened. The protocol's server has several goroutines, and uses a handle before
// it is wholly open if a client guesses its number: that ended the process.
type inOrder struct {
	io.ReadWriteCloser
	writer  io.Writer
	in, out packet // of what was read and written

	mu      sync.Mutex
	changed sync.Cond
	opening bool // the last packet that was read opens a handle
	waiting int  // packets that were read and have no answer; each gets one, in order
	ended   bool // no more answers will be written
}

// newInOrder returns a connection that is read from conn and written to writer.
func newInOrder(conn io.ReadWriteCloser, writer io.Writer) *inOrder {
	c := &inOrder{ReadWriteCloser: conn, writer: writer}
	c.changed.L = &c.mu
	return c
}

// Read implements [io.Reader]. It reads no further than to the end of a packet.
func (c *inOrder) Read(b []byte) (n int, err error) {
	c.mu.Lock()
	for c.opening && c.waiting > 0 && !c.ended {
		c.changed.Wait()
	}
	c.mu.Unlock()
	n, err = c.ReadWriteCloser.Read(b[:min(int64(len(b)), c.in.missing())])
	if c.in.add(b[:n]) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting++
		c.opening = c.in.kind == packetOpen || c.in.kind == packetOpenDir
	}
	return n, err
}

// Write implements [io.Writer].
func (c *inOrder) Write(b []byte) (n int, err error) {
	n, err = c.writer.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Broadcast()
	for rest := b[:n]; len(rest) > 0; {
		size := min(int64(len(rest)), c.out.missing())
		if c.out.add(rest[:size]) {
			c.waiting--
		}
		rest = rest[size:]
	}
	c.ended = c.ended || err != nil
	return n, err
}

// Close implements [io.Closer].
func (c *inOrder) Close() error {
	c.mu.Lock()
	c.ended = true
	c.changed.Broadcast()
	c.mu.Unlock()
	return c.ReadWriteCloser.Close()
}

// A packet is how much of a packet of the protocol is known: four bytes with its length,
// and that many, of which the first is its type.
type packet struct {
	size  [4]byte
	sized int    // bytes of size
	left  uint32 // bytes after size
	kind  byte   // of the last packet that has begun
	begun bool   // kind is this packet's
}

// missing returns how many bytes are missing to the end of the length or, after that, of
// the packet.
func (p *packet) missing() int64 {
	if p.sized < len(p.size) {
		return int64(len(p.size) - p.sized)
	}
	return int64(p.left)
}

// add adds up to as many bytes as are missing, and reports whether the packet has ended.
func (p *packet) add(b []byte) (ended bool) {
	if len(b) == 0 {
		return false
	}
	if p.sized < len(p.size) {
		p.sized += copy(p.size[p.sized:], b)
		if p.sized < len(p.size) {
			return false
		}
		p.left = binary.BigEndian.Uint32(p.size[:])
	} else {
		if !p.begun {
			p.kind, p.begun = b[0], true
		}
		p.left -= uint32(len(b))
	}
	if p.left > 0 {
		return false
	}
	p.sized, p.begun = 0, false
	return true
}
