package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"snomredirect/store"

	"snomredirect/cmd/snomredirect/connlimit"
)

// A lockedBuffer can be written and read concurrently.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// A phone whose TLS handshake fails leaves a line at info, and many from one address
// only some.
func TestFailedHandshakesAreLogged(t *testing.T) {
	folder := t.TempDir()
	cert, key := newPair(t, "localhost", time.Now().AddDate(1, 0, 0))
	write(t, filepath.Join(folder, "tls.pem"), cert)
	write(t, filepath.Join(folder, "tls.key"), key)
	own, err := newCertificate(filepath.Join(folder, "tls.pem"), filepath.Join(folder, "tls.key"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	s := newPhoneServer(connlimit.New(l, connlimit.Config{Max: 4, PerSource: 4}), http.NotFoundHandler(), newTLSConfig(own, nil))
	s.server.ErrorLog = newErrorLog(logger, newLogLimit(&logBudget{log: logger}))
	go s.serve()
	defer s.server.Close()
	has := func(n int, text string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); strings.Count(log.String(), text) != n; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d lines with %q, want %d:\n%s", strings.Count(log.String(), text), text, n, &log)
			}
		}
	}
	old := func() {
		t.Helper()
		if _, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}); err == nil {
			t.Fatal("TLS 1.0 is accepted")
		}
	}
	old()
	has(1, `level=INFO msg="TLS handshake failed" from=127.0.0.1:`)
	has(1, `why="tls: client offered only unsupported versions: [301]"`)
	send(t, l.Addr().String(), "GET / HTTP/1.1\r\n\r\n")
	has(1, `why="client sent an HTTP request to an HTTPS server"`)
	for range 2 * maxLines {
		old()
	}
	has(maxLines, "TLS handshake failed")
}

func TestErrorLog(t *testing.T) {
	var log bytes.Buffer
	e := newErrorLog(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), newLogLimit(&logBudget{log: slog.New(slog.DiscardHandler)}))
	e.Printf(handshakeFailed+"192.0.2.7:1234: %s", "EOF")
	e.Printf(handshakeFailed+"[2001:db8::1]:1234: %s", strings.Repeat("x", 1000))
	e.Print("http: another mistake")
	e.Print("http: Accept error: accept tcp 127.0.0.1:80: accept4: too many open files; retrying in 5ms")
	for _, want := range []string{
		`level=INFO msg="TLS handshake failed" from=192.0.2.7:1234 why="the client disconnected"` + "\n",
		`level=INFO msg="TLS handshake failed" from=[2001:db8::1]:1234 why=` + strings.Repeat("x", maxHandshakeWhy) + "\n",
		`level=DEBUG msg="http: another mistake"` + "\n",
		`level=ERROR msg="accept failed" error="accept tcp 127.0.0.1:80: accept4: too many open files"` + "\n",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in\n%s", want, &log)
		}
	}
}

func FuzzParseHandshake(f *testing.F) {
	f.Add(handshakeFailed + "192.0.2.7:1234: EOF")
	f.Add(handshakeFailed + "[2001:db8::1]:1234: tls: first record does not look like a TLS handshake")
	f.Add(handshakeFailed)
	f.Fuzz(func(t *testing.T, line string) {
		from, why, ok := parseHandshake(line)
		if ok && (handshakeFailed+from+": "+why != line || !store.ClientAddr(from).IsValid()) {
			t.Fatalf("%q parsed as %q, %q", line, from, why)
		}
		_, _ = io.WriteString(errorLog{slog.New(slog.DiscardHandler), newLogLimit(&logBudget{log: slog.New(slog.DiscardHandler)})}, line)
	})
}
