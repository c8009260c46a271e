package sshconsole

import (
	"bytes"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
)

// A bigArchive is more than a client is sent before it reads, and notes what becomes of
// it.
type bigArchive struct {
	text         []byte
	pause        time.Duration // in the middle
	sent, closed atomic.Bool
}

func newBigArchive() *bigArchive {
	a := &bigArchive{text: make([]byte, 8<<20)}
	_, _ = rand.NewChaCha8([32]byte{}).Read(a.text)
	return a
}

func (a *bigArchive) Contents() (accounts, phones int, bytes int64) {
	return 2, 3, int64(len(a.text))
}
func (a *bigArchive) Close() error { a.closed.Store(true); return nil }
func (a *bigArchive) Sent() error  { a.sent.Store(true); return nil }
func (a *bigArchive) Write(w io.Writer, _ func()) error {
	half := len(a.text) / 2
	if _, err := w.Write(a.text[:half]); err != nil {
		return err
	}
	time.Sleep(a.pause)
	_, err := w.Write(a.text[half:])
	return err
}

// An archive arrives byte for byte, also if it takes longer than a client may be idle,
// and the summary comes on standard error.
func TestBackupArrives(t *testing.T) {
	const idle = 300 * time.Millisecond
	l := newLab(t, limitsOfTime(idle, time.Hour), nil)
	a := newBigArchive()
	a.pause = 3 * idle
	l.server.Shell.Backup = func() (shell.Archive, error) { return a, nil }
	session, err := l.login("olga", gossh.PublicKeys(l.newKey("olga"))).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	session.Stdout, session.Stderr = &stdout, &stderr
	if err := session.Run("backup"); err != nil {
		t.Fatalf("%v, %q", err, &stderr)
	}
	if !bytes.Equal(stdout.Bytes(), a.text) || stderr.String() != "Backup: 2 accounts, 3 phones, 8.0 MiB.\n" {
		t.Errorf("%d bytes, %q", stdout.Len(), &stderr)
	}
	if !a.sent.Load() || !a.closed.Load() {
		t.Error("the archive does not count as sent, or is not closed")
	}
}

// A client that goes before it has everything has no backup.
func TestBackupBreaksOff(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	a := newBigArchive()
	l.server.Shell.Backup = func() (shell.Archive, error) { return a, nil }
	c := l.login("olga", gossh.PublicKeys(l.newKey("olga")))
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("backup"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	l.releases()
	if a.sent.Load() || !a.closed.Load() {
		t.Error("the archive counts as sent, or is not closed")
	}
}
