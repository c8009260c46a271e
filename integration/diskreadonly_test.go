package integration

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// On a disk that is read-only at the start, phones are answered and changes are refused,
// until it is mounted for writing.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	l, answer := launchOn(t, disk)
	l.signal(syscall.SIGTERM)
	l.exits()
	remount(t, disk, "ro")
	before, err := os.ReadFile(filepath.Join(disk, database))
	if err != nil {
		t.Fatal(err)
	}
	l.relaunch(nil, "--data", disk, "--metrics", "127.0.0.1:0")
	if got := l.get(phonePath); got != answer {
		t.Errorf("a phone gets %q, want %q", got, answer)
	}
	l.expectSays("register 0004132f0002 http://refused.example", 1, notChanged)
	l.refusing("the disk is read-only", answer)
	l.expectSays("backup", 1, "The disk of the service is read-only")
	l.expectSays("show 0004132f0002", 0, "State:          not registered")
	if after, err := os.ReadFile(filepath.Join(disk, database)); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the database has changed on a read-only disk: %v", err)
	}
	l.expectRefusalLogged()
	remount(t, disk, "rw")
	l.recovers(answer)
	l.expectSays("show 0004132f0002", 0, "State:          not registered")
	l.checksWell(disk)
}
