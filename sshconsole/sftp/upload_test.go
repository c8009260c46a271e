package sftp

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// newTestSession returns a session without files, and what it writes to standard error.
func newTestSession() (*session, *bytes.Buffer) {
	var stderr bytes.Buffer
	config := Config{Caller: shell.Caller{Log: slog.New(slog.DiscardHandler), Guard: func(_ string, f func()) bool { f(); return true }}}
	return &session{Config: config, stderr: &stderr, problemsLeft: maxProblems, uploads: map[store.FileName]*upload{}, parts: map[store.FileName]*part{}}, &stderr
}

// An upload to which nothing is written ends, and is no longer waited for.
func TestStaleUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stderr := newTestSession()
		ended, released := 0, 0
		u := s.newUpload("a.xml", nil, func() { ended++ }, func() { released++ })
		for range 3 {
			time.Sleep(staleTime - time.Second)
			if _, err := u.WriteAt([]byte("x"), 0); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(staleTime + time.Second)
		synctest.Wait()
		if want := "a.xml: nothing arrived for a minute; nothing was stored.\n"; ended != 1 || stderr.String() != want {
			t.Errorf("ended %d, %q", ended, stderr)
		}
		if _, err := u.WriteAt([]byte("x"), 0); err == nil {
			t.Error("written")
		}
		if err := u.Close(); err == nil || ended != 1 || released != 1 {
			t.Error(err, ended, released)
		}
	})
}

// Pieces arrive in any order; none is out of bounds.
func TestPieces(t *testing.T) {
	s, _ := newTestSession()
	u := s.newUpload("a.xml.filepart", nil, func() {}, func() {})
	for _, piece := range []struct {
		text   string
		offset int64
	}{{"ef", 4}, {"ab", 0}, {"cd", 2}, {"z", store.MaxFileSize - 1}} {
		if n, err := u.WriteAt([]byte(piece.text), piece.offset); n != len(piece.text) || err != nil {
			t.Fatal(piece, n, err)
		}
	}
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	if text := s.parts["a.xml"].text; len(text) != store.MaxFileSize || string(text[:6]) != "abcdef" {
		t.Errorf("%d bytes, %q", len(text), text[:6])
	}
	for _, offset := range []int64{-1, store.MaxFileSize, 1 << 62, -1 << 63} {
		u := s.newUpload("b.xml", nil, func() {}, func() {})
		if _, err := u.WriteAt([]byte("x"), offset); err == nil {
			t.Error(offset)
		}
		if err := u.Close(); err == nil {
			t.Error(offset)
		}
	}
}

// A client that is sent many problems is sent a bounded number of bytes.
func TestManyProblems(t *testing.T) {
	s, stderr := newTestSession()
	for range 1000 {
		s.problem(strings.Repeat("x", 1000))
	}
	text, _ := io.ReadAll(stderr)
	if len(text) > maxProblems || !bytes.HasSuffix(text, []byte("\nThis session shows no more problems.\n")) {
		t.Errorf("%d bytes", len(text))
	}
}

// A client that reads no problems, or no answers, is hung up on in the end, also in the
// middle of a request.
func TestClientThatDoesNotRead(t *testing.T) {
	for _, readsAnswers := range []bool{true, false} {
		config := newTestConfig(t)
		synctest.Test(t, func(t *testing.T) {
			client, service := net.Pipe()
			problems, stderr := io.Pipe()
			config.Begin = func() (func(), error) { return func() {}, shell.ErrStopping }
			config.HangUp = func() { service.Close(); problems.Close() }
			if readsAnswers {
				go io.Copy(io.Discard, client)
			}
			go client.Write(append(raw(1, 3), raw(11, 1, "/")...))
			begun := time.Now()
			Serve(t.Context(), service, stderr, config)
			if took := time.Since(begun); took != files.Patience {
				t.Errorf("%v: %v", readsAnswers, took)
			}
			client.Close()
		})
	}
}
