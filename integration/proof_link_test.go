package integration

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A proofLink is a network between a node and a member of etcd, which can be cut.
type proofLink struct {
	URL    string // of the member, through the link
	target string

	mu    sync.Mutex
	state linkState
	open  map[net.Conn]struct{}
	// changed is closed at the next change of state.
	changed chan struct{}
}

type linkState int

const (
	linkOpen    linkState = iota
	linkSilent            // nothing comes through, and nobody is told
	linkDeaf              // requests come through, replies don't
	linkRefused           // connections end, and new ones end at once
)

// newProofLink starts a link to an address, until the test ends.
func newProofLink(t *testing.T, target string) *proofLink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proofLink{URL: "http://" + l.Addr().String(), target: target, open: map[net.Conn]struct{}{}, changed: make(chan struct{})}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil { // closed
				return
			}
			running.Go(func() { p.carry(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.set(linkRefused)
		running.Wait()
	})
	return p
}

// set changes what the link does, also with what is on its way. What a silent link has not
// carried arrives once it is open again, as TCP would send it again.
func (p *proofLink) set(s linkState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = s
	close(p.changed)
	p.changed = make(chan struct{})
	if s == linkRefused {
		for conn := range p.open {
			conn.Close()
		}
	}
}

// carry connects a connection to the member, and carries until one of both ends.
func (p *proofLink) carry(from net.Conn) {
	if !p.add(from) {
		return
	}
	defer p.remove(from)
	to, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil {
		return
	}
	if !p.add(to) {
		return
	}
	defer p.remove(to)
	var both sync.WaitGroup
	for _, way := range []struct {
		from, to net.Conn
		blocked  func(linkState) bool
	}{
		{from, to, func(s linkState) bool { return s == linkSilent }},
		{to, from, func(s linkState) bool { return s == linkSilent || s == linkDeaf }},
	} {
		both.Go(func() {
			_, _ = io.Copy(gate{way.to, p, way.blocked}, way.from) // it ends with the connection
			way.from.Close()
			way.to.Close()
		})
	}
	both.Wait()
}

// add adds a connection, or closes it if the link refuses it.
func (p *proofLink) add(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == linkRefused {
		conn.Close()
		return false
	}
	p.open[conn] = struct{}{}
	return true
}

func (p *proofLink) remove(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
	conn.Close()
}

// A gate writes to a connection while the link lets that way through.
type gate struct {
	to      io.Writer
	link    *proofLink
	blocked func(linkState) bool
}

func (g gate) Write(b []byte) (int, error) {
	for {
		g.link.mu.Lock()
		blocked, changed := g.blocked(g.link.state), g.link.changed
		g.link.mu.Unlock()
		if !blocked {
			return g.to.Write(b)
		}
		<-changed
	}
}

// TestProofLink checks that each cut does what it says.
func TestProofLink(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 9)
	go func() { // it answers each byte with the next one
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var b [1]byte
				for _, err := conn.Read(b[:]); err == nil; _, err = conn.Read(b[:]) {
					got <- string(b[:])
					b[0]++
					_, _ = conn.Write(b[:])
				}
			}()
		}
	}()
	link := newProofLink(t, l.Addr().String())
	conn, err := net.Dial("tcp", link.URL[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	send := func(s string) {
		t.Helper()
		if _, err := io.WriteString(conn, s); err != nil {
			t.Fatal(err)
		}
	}
	reply := func(wait time.Duration) string {
		var b [1]byte
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		if _, err := conn.Read(b[:]); err != nil {
			return ""
		}
		return string(b[:])
	}
	const brief = 50 * time.Millisecond
	send("a")
	if a, b := <-got, reply(patience); a != "a" || b != "b" {
		t.Errorf("open: %q, %q", a, b)
	}
	link.set(linkDeaf)
	send("c")
	if a, b := <-got, reply(brief); a != "c" || b != "" {
		t.Errorf("deaf: %q, %q", a, b)
	}
	link.set(linkSilent)
	send("e")
	if b := reply(brief); b != "" || len(got) != 0 {
		t.Errorf("silent: %q, %d", b, len(got))
	}
	link.set(linkOpen)
	if a, b, c := <-got, reply(patience), reply(patience); a != "e" || b != "d" || c != "f" {
		t.Errorf("open again: %q, %q, %q", a, b, c)
	}
	link.set(linkRefused)
	if b := reply(patience); b != "" {
		t.Errorf("refused: %q", b)
	}
	again, err := net.Dial("tcp", link.URL[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	_ = again.SetReadDeadline(time.Now().Add(patience))
	if n, err := again.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("refused, and accepted")
	}
}
