package sftp

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/shell"
)

// recovering is a Guard that counts panics.
func recovering(panics *int) func(string, func()) bool {
	return func(_ string, f func()) (ok bool) {
		defer func() {
			if recover() != nil {
				*panics++
			}
		}()
		f()
		return true
	}
}

// A panic in any request ends neither the process nor the session, and leaves no handle
// open: the same requests are answered as often as they are sent.
func TestPanickingRequests(t *testing.T) {
	c := newTestConfig(t)
	panics := 0
	c.Guard = recovering(&panics)
	broken := *c.Files
	broken.Store = struct{ files.Store }{} // each of its methods panics
	c.Files = &broken
	sent := raw(1, 3)
	n := 0
	for range maxHandles + 2 {
		for _, request := range [][]byte{
			raw(3, 1, "/a.xml", 1, 0), raw(3, 1, "/a.xml", 0x1A, 0), raw(11, 1, "/"), raw(17, 1, "/a.xml"), raw(7, 1, "/a.xml"),
			raw(13, 1, "/a.xml"), raw(14, 1, "/a", 0), raw(15, 1, "/a"), raw(18, 1, "/a.xml", "/b.xml"),
		} {
			sent = append(sent, request...)
			n++
		}
	}
	conn := struct {
		io.Reader
		io.Writer
		io.Closer
	}{bytes.NewReader(sent), io.Discard, io.NopCloser(nil)}
	var stderr bytes.Buffer
	if status, failed := Serve(t.Context(), conn, &stderr, c); status != shell.StatusRefused || !failed {
		t.Error(status, failed)
	}
	if want := n - (maxHandles + 2); panics != want { // a rename needs no store
		t.Errorf("%d panics of %d requests, want %d", panics, n, want)
	}
	if strings.Contains(stderr.String(), "open at once") {
		t.Error("handles were left open")
	}
}

// A panic in any method of a handle, or of the connection, is an error of that method.
func TestPanickingHandles(t *testing.T) {
	s, _ := newTestSession()
	panics := 0
	s.Guard = recovering(&panics)
	bad := listing{all: make([]entry, 1), release: func() { panic("release") }}
	n := 0
	for name, f := range map[string]func() error{
		"read":         func() error { _, err := guardedDownload{s, nil}.ReadAt(nil, 0); return err },
		"close read":   func() error { return guardedDownload{s, nil}.Close() },
		"write":        func() error { _, err := guardedUpload{s, nil}.WriteAt(nil, 0); return err },
		"close":        func() error { return guardedUpload{s, nil}.Close() },
		"list":         func() error { _, err := guardedListing{s, bad}.ListAt(make([]os.FileInfo, 1), -1); return err },
		"close list":   func() error { return guardedListing{s, bad}.Close() },
		"conn read":    func() error { _, err := guardedConn{s, nil}.Read(nil); return err },
		"conn write":   func() error { _, err := guardedConn{s, nil}.Write(nil); return err },
		"conn close":   func() error { return guardedConn{s, nil}.Close() },
		"command":      func() error { return handlers{s}.Filecmd(nil) },
		"open":         func() error { _, err := handlers{s}.Fileread(nil); return err },
		"create":       func() error { _, err := handlers{s}.Filewrite(nil); return err },
		"stat":         func() error { _, err := handlers{s}.Filelist(nil); return err },
		"transfer end": func() error { guardedUpload{s, nil}.TransferError(io.EOF); return refusal(shell.Failure) },
	} {
		n++
		if err := f(); !errors.Is(err, refusal(shell.Failure)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if panics != n {
		t.Errorf("%d panics, want %d", panics, n)
	}
}
