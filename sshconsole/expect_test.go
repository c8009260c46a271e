package sshconsole

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// A syncBuffer is a log that a test reads while the server writes it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// expect is a session with a terminal: a test types, and waits for output.
type expect struct {
	testing.TB
	in     io.Writer
	screen syncBuffer
	seen   int
	*gossh.Session
}

func (l *lab) terminal(c *gossh.Client, columns int) *expect {
	l.Helper()
	session, err := c.NewSession()
	if err != nil {
		l.Fatal(err)
	}
	e := &expect{TB: l, Session: session}
	session.Stdout = &e.screen
	session.Stderr = &e.screen
	if e.in, err = session.StdinPipe(); err != nil {
		l.Fatal(err)
	}
	if err := session.RequestPty("xterm", 24, columns, nil); err != nil {
		l.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		l.Fatal(err)
	}
	return e
}

func (e *expect) types(s string) {
	e.Helper()
	if _, err := io.WriteString(e.in, s); err != nil {
		e.Fatal(err)
	}
}

// sees waits for s in the output that follows what it has seen before.
func (e *expect) sees(s string) {
	e.Helper()
	deadline := time.Now().Add(soon)
	for {
		screen := e.screen.String()[e.seen:]
		if i := strings.Index(screen, s); i >= 0 {
			e.seen += i + len(s)
			return
		}
		if time.Now().After(deadline) {
			e.Fatalf("output\n%q\ndoes not contain %q", screen, s)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// leaves requires the session to end with an exit status.
func (e *expect) leaves(status int) {
	e.Helper()
	err := e.Wait()
	got := 0
	if exit := (*gossh.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitStatus()
	} else if err != nil {
		e.Fatal(err)
	}
	if got != status {
		e.Fatalf("status %d, want %d", got, status)
	}
}
