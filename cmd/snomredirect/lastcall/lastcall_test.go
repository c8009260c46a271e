package lastcall

import (
	"errors"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func listen(t *testing.T) *Listener { return listenAs(t, Protocol{}) }

func listenAs(t *testing.T, p Protocol) *Listener {
	t.Helper()
	l, err := Listen("127.0.0.1:0", p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Whoever connected before the end is accepted, and nobody after it.
func TestStop(t *testing.T) {
	l := listen(t)
	var waiting []net.Conn
	for range 100 {
		waiting = append(waiting, dial(t, l))
	}
	l.Stop()
	if runtime.GOOS == "linux" {
		newcomer := net.Dialer{Timeout: quiet / 2}
		if _, err := newcomer.Dial("tcp", l.Addr().String()); err == nil {
			t.Error("a newcomer is connected after Stop")
		}
	}
	for range waiting {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "x"); err != nil {
			t.Error(err)
		}
		c.Close()
	}
	if _, err := l.Accept(); err != net.ErrClosed {
		t.Errorf("%v, want net.ErrClosed", err)
	}
	for _, c := range waiting {
		if text, err := io.ReadAll(c); string(text) != "x" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}
	if c, err := net.Dial("tcp", l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, %v; want a refusal", c, err)
	}
}

// A client that should send first is accepted with what it has sent, or without after a
// while, also if the listener is stopped meanwhile.
func TestClientFirst(t *testing.T) {
	for _, stop := range []bool{false, true} {
		l := listenAs(t, Protocol{ClientFirst: true, Bounded: true})
		silent, speaking := dial(t, l), dial(t, l)
		if _, err := io.WriteString(speaking, "x"); err != nil {
			t.Fatal(err)
		}
		if stop {
			l.Stop()
		}
		want := []net.Conn{speaking, silent}
		if runtime.GOOS != "linux" {
			want = []net.Conn{silent, speaking}
		}
		for i, w := range want {
			c, err := l.Accept()
			if err != nil {
				t.Fatalf("stopped %v, connection %d: %v", stop, i, err)
			}
			defer c.Close()
			if c.RemoteAddr().String() != w.LocalAddr().String() {
				t.Errorf("stopped %v: connection %d is from %v, want %v", stop, i, c.RemoteAddr(), w.LocalAddr())
			}
		}
		if !stop {
			l.Stop()
		}
		if _, err := l.Accept(); err != net.ErrClosed {
			t.Errorf("%v, want net.ErrClosed", err)
		}
	}
}

// The end waits for clients that the kernel keeps to itself, and only for those.
func TestHandshakes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux keeps connections to itself")
	}
	for _, address := range []string{"127.0.0.1:0", ":0"} {
		l, err := Listen(address, Protocol{ClientFirst: true})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if handshakes(l.TCPListener) {
			t.Errorf("%s: before anybody has connected", address)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if !handshakes(l.TCPListener) {
			t.Errorf("%s: not while a client is silent", address)
		}
		if _, err := io.WriteString(c, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Accept(); err != nil {
			t.Fatal(err)
		}
		if handshakes(l.TCPListener) {
			t.Errorf("%s: after the client was accepted", address)
		}
	}
}

// Stop ends an Accept that is waiting.
func TestStopWhileWaiting(t *testing.T) {
	l := listen(t)
	accepted := make(chan error)
	go func() {
		_, err := l.Accept()
		accepted <- err
	}()
	time.Sleep(10 * time.Millisecond)
	l.Stop()
	if err := <-accepted; err != net.ErrClosed {
		t.Error(err)
	}
}

// A socket that another process keeps is left as it is: who connects waits for the
// next service.
func TestStopOfKept(t *testing.T) {
	socket := listen(t)
	file, err := socket.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	serve := func() *Listener {
		l, err := net.FileListener(file)
		if err != nil {
			t.Fatal(err)
		}
		return Keep(l.(*net.TCPListener), Protocol{})
	}
	first := serve()
	first.Stop()
	if _, err := first.Accept(); err != net.ErrClosed {
		t.Error(err)
	}
	between := dial(t, socket)
	second := serve()
	defer second.Close()
	c, err := second.Accept()
	if err != nil || c.RemoteAddr().String() != between.LocalAddr().String() {
		t.Errorf("%v, %v", c, err)
	}
}

// Too few file descriptors or too little memory end no server.
func TestErrorsAreTemporary(t *testing.T) {
	err := error(temporary{syscall.ENOMEM})
	var e interface{ Temporary() bool }
	if !errors.As(err, &e) || !e.Temporary() || !errors.Is(err, syscall.ENOMEM) {
		t.Error(err)
	}
}
