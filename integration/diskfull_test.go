package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyPhones is a list that needs more room than the database has left.
func manyPhones() string {
	var list strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&list, "000413%06X,http://many.example/%d\n", 0x400000+i, i)
	}
	return list.String()
}

// On a full disk, phones are answered and changes are refused, until there is room. What
// was acknowledged is there.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	l, answer := launchOn(t, disk)
	empty := fill(t, disk)
	failures := l.metric("snomredirect_commit_failures_total")
	if text, status := l.says("register -", manyPhones()); status != 1 || !strings.Contains(text, notChanged) {
		t.Errorf("a large upload: exit status %d, %q", status, text)
	}
	l.expectSays("count", 0, "1\n")
	l.refusing("the disk is full", answer)
	if now := l.metric("snomredirect_commit_failures_total"); now <= failures {
		t.Errorf("snomredirect_commit_failures_total is %v, was %v", now, failures)
	}

	stored := l.untilRefused()
	l.staysRefusing(disk)
	l.refusing("the disk is full", answer)
	empty()
	l.recovers(answer)
	l.expectSays("count", 0, fmt.Sprintf("%d\n", stored+2))
	if text, status := l.says("register -", manyPhones()); status != 0 {
		t.Errorf("a large upload with room: exit status %d, %q", status, text)
	}
	l.checksWell(disk)
}

// A full disk keeps nobody from starting the service: phones are answered.
func TestFullDiskAtStart(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	l, answer := launchOn(t, disk)
	l.signal(syscall.SIGTERM)
	l.exits()
	empty := fill(t, disk)
	l.relaunch(nil, "--data", disk, "--metrics", "127.0.0.1:0")
	if got := l.get(phonePath); got != answer {
		t.Errorf("a phone gets %q, want %q", got, answer)
	}
	stored := l.untilRefused()
	l.refusing("the disk is full", answer)
	empty()
	l.recovers(answer)
	l.expectSays("count", 0, fmt.Sprintf("%d\n", stored+2))
	l.checksWell(disk)
}

// staysRefusing waits until the service has looked for room in the folder, by a file that
// it makes there, and expects that it goes on to refuse changes.
func (l *launched) staysRefusing(folder string) {
	l.Helper()
	before, err := os.Stat(folder)
	for now := before; err == nil && now.ModTime().Equal(before.ModTime()); now, err = os.Stat(folder) {
		if got := l.get("/healthz"); !strings.HasPrefix(got, "503 ") {
			l.Fatalf("/healthz is %q on a full disk, want 503", got)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		l.Fatal(err)
	}
}

// untilRefused registers phones until one is refused: a small change may find room in
// pages that the database has already. It returns how many were stored, which are all there.
func (l *launched) untilRefused() (stored int) {
	l.Helper()
	for ; stored < 1000; stored++ {
		text, status := l.says(fmt.Sprintf("register 000413500%03x http://small.example/%d", stored, stored), "")
		if status == 0 {
			continue
		}
		if status != 1 || !strings.Contains(text, notChanged) {
			l.Errorf("exit status %d, %q; want 1, %q", status, text, notChanged)
		}
		for i := range stored {
			l.expectSays(fmt.Sprintf("show 000413500%03x", i), 0, fmt.Sprintf("http://small.example/%d", i))
		}
		l.expectSays(fmt.Sprintf("show 000413500%03x", stored), 0, "State:          not registered")
		return stored
	}
	l.Fatal("no change is refused")
	return 0
}

// checksWell stops the program, and expects that its data folder has no problem and no
// file that is left over.
func (l *launched) checksWell(folder string) {
	l.Helper()
	l.signal(syscall.SIGTERM)
	l.exits()
	if out, err := command("check-store", "--data", folder); err != nil {
		l.Errorf("check-store: %v: %s", err, out)
	}
	for _, pattern := range []string{".room", ".new-*", "*.damaged"} {
		if left, _ := filepath.Glob(filepath.Join(folder, pattern)); len(left) > 0 {
			l.Errorf("left over: %v", left)
		}
	}
	if is, err := os.Stat(filepath.Join(folder, database)); err != nil || is.Mode().Perm() != 0o600 {
		l.Errorf("the database: %v, %v", is, err)
	}
}
