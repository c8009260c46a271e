package shell

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// archiveText is neither text nor lines: nothing may change in it.
const archiveText = "\x00\xff\r\n\n\r\x1b[2J"

// An archive that fails as its fields say, and notes what is done with it.
type archive struct {
	writeErr, sentErr error
	sent, closed      bool
}

func (a *archive) Contents() (accounts, phones int, bytes int64) { return 1, 3456, 1_250_000 }
func (a *archive) Close() error                                  { a.closed = true; return nil }
func (a *archive) Sent() error                                   { a.sent = true; return a.sentErr }
func (a *archive) Write(w io.Writer, _ func()) error {
	_, err := io.WriteString(w, archiveText)
	return errors.Join(err, a.writeErr)
}

func TestBackup(t *testing.T) {
	h := newHouse(t)
	h.refuses("olga", "backup", StatusRefused, "BACKUP is not available here.")
	a := &archive{}
	h.backup = func() (Archive, error) { return a, nil }
	h.gives("olga", "backup", "", StatusDone, archiveText, "Backup: 1 account, 3456 phones, 1.2 MiB.")
	if !a.sent || !a.closed {
		t.Errorf("%+v", a)
	}
	if log := h.log.String(); !strings.Contains(log, "msg=backup accounts=1 phones=3456 bytes=1250000\n") {
		t.Errorf("the log contains\n%s", log)
	}
	if out, _, _ := h.at("olga", 0, "history", ""); strings.Contains(out, "BACKUP") {
		t.Errorf("the history contains\n%s", out)
	}
}

// Only an operator gets an archive, and only where nothing else is written.
func TestBackupRefused(t *testing.T) {
	h := newHouse(t)
	h.backup = func() (Archive, error) {
		t.Error("an archive was made")
		return nil, ErrBackupRuns
	}
	const how = "as in: ssh <account>@<host> backup >snapshot.tar\n"
	h.refuses("acme", "backup", StatusRefused, "BACKUP is for operators.")
	for _, c := range []struct {
		width       int
		line, input string
	}{{80, "backup", ""}, {80, "", "backup\n"}, {0, "", "backup\n"}, {0, "count\nbackup", ""}, {0, "backup\ncount", ""}} {
		out, problems, _ := h.at("olga", c.width, c.line, c.input)
		if !strings.HasSuffix(problems, how) || strings.Contains(out, "\x00") {
			t.Errorf("%+v: %q, %q", c, out, problems)
		}
	}
	h.backup = func() (Archive, error) { return nil, ErrBackupRuns }
	h.refuses("olga", "backup", StatusRefused, "Another backup is running")
	h.backup = func() (Archive, error) { return nil, ErrDiskFull }
	h.refuses("olga", "backup", StatusRefused, "has no room")
	h.backup = func() (Archive, error) { return nil, errors.New("/secret: disk on fire") }
	h.refuses("olga", "backup", StatusRefused, "Internal error")
}

// An archive that no client has received whole is no backup.
func TestBackupNotReceived(t *testing.T) {
	h := newHouse(t)
	var a *archive
	h.backup = func() (Archive, error) { return a, nil }

	a = &archive{writeErr: errors.New("/secret: disk on fire")}
	h.gives("olga", "backup", "", StatusRefused, archiveText, "Internal error")
	if a.sent || !a.closed {
		t.Errorf("a failed archive: %+v", a)
	}
	a = &archive{sentErr: errors.New("disk full")}
	h.gives("olga", "backup", "", StatusRefused, archiveText, "Internal error")

	h.gone = true
	a = &archive{}
	h.gives("olga", "backup", "", StatusRefused, archiveText)
	if a.sent || !a.closed {
		t.Errorf("a client that has gone: %+v", a)
	}
	h.gone = false
	a = &archive{}
	var problems bytes.Buffer
	status := h.runs(t.Context(), h.caller("olga"), IO{In: h.input(strings.NewReader("")), Out: closedPipe{}, Err: &problems}, "backup")
	if status != StatusRefused || a.sent || !a.closed || problems.Len() > 0 {
		t.Errorf("a client that reads no further: status %d, %+v, %q", status, a, &problems)
	}
	if log := h.log.String(); strings.Count(log, `msg="backup not received: the client has gone"`) != 2 || strings.Contains(log, "msg=backup ") {
		t.Errorf("the log contains\n%s", log)
	}
}

// A closedPipe has a reader that has gone.
type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
