package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"snomredirect/cmd/snomredirect/connlimit"
)

// startPhoneServer starts a phone server that replies with the request's method.
func startPhoneServer(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newPhoneServer(connlimit.New(l, connlimit.Config{Max: 4, PerSource: 4}), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Method+"\n") }), nil)
	go s.serve()
	t.Cleanup(func() { s.server.Close() })
	return l.Addr().String()
}

// send sends text on a new connection. It returns all that the server sends until
// it closes the connection, and how long that took.
func send(t *testing.T, address, text string) (string, time.Duration) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	start := time.Now()
	conn.SetDeadline(start.Add(3 * requestTime))
	io.WriteString(conn, text)
	reply, err := io.ReadAll(conn)
	// A server that closes before it has read all of text resets the connection.
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("%.40q: %q, %v", text, reply, err)
	}
	return string(reply), time.Since(start)
}

func TestPhoneServerLimits(t *testing.T) {
	address := startPhoneServer(t)
	if reply, _ := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.HasSuffix(reply, "GET\n") {
		t.Errorf("GET: %q", reply)
	}
	// net/http would answer this one by itself.
	if reply, _ := send(t, address, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.HasSuffix(reply, "OPTIONS\n") {
		t.Errorf("OPTIONS: %q", reply)
	}
	if reply, _ := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", maxHeader+5000)+"\r\n\r\n"); !strings.HasPrefix(reply, "HTTP/1.1 431 ") {
		t.Errorf("long header: %q", reply)
	}
}

// A connection is kept for further requests while no more than half of the places are
// taken.
func TestKeepAlive(t *testing.T) {
	address := startPhoneServer(t) // with four places
	var open []net.Conn
	for i := range 3 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		open = append(open, conn)
		for j := i; j >= 0; j-- { // the new one first, whose answer means that the server has it
			c := open[j]
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			reply, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatalf("%d connections, number %d: %v", i+1, j, err)
			}
			if want := i == 2; reply.Close != want {
				t.Errorf("%d connections, number %d: closed %v, want %v", i+1, j, reply.Close, want)
			}
			io.Copy(io.Discard, reply.Body)
			if reply.Close {
				return
			}
		}
	}
}

// A client that sends half a request is disconnected.
func TestHalfRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a deadline of some seconds; run without -short")
	}
	t.Parallel()
	if reply, took := send(t, startPhoneServer(t), "GET / HTTP/1.1\r\n"); took < headerTime/2 {
		t.Errorf("closed after %v: %q", took, reply)
	}
}
