package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startPhoneServer starts a phone server that replies with the request's method.
func startPhoneServer(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newPhoneServer(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Method+"\n") }), nil)
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
	if reply, _ := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.Contains(reply, "\r\nConnection: close\r\n") || !strings.HasSuffix(reply, "GET\n") {
		t.Errorf("GET: %q", reply)
	}
	// net/http would answer this one by itself.
	if reply, _ := send(t, address, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.HasSuffix(reply, "OPTIONS\n") {
		t.Errorf("OPTIONS: %q", reply)
	}
	if reply, _ := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", maxHeader+5000)+"\r\n\r\n"); !strings.HasPrefix(reply, "HTTP/1.1 431 ") {
		t.Errorf("long header: %q", reply)
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
