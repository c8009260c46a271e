//go:build unix

package bolt

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// After root has compacted the database, the user who runs the service can still open it,
// also if it is a link to another disk.
func TestCompactKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("run as root to give files to other users")
	}
	t.Parallel()
	file := stored(t, 4)
	if err := os.Chown(file, 12345, 23456); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(file, DatabaseFile(folder)); err != nil {
		t.Fatal(err)
	}
	_, after, err := CompactFolder(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(file)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 12345 || s.Gid != 23456 || info.Mode() != 0o600 || info.Size() != after.Size {
		t.Errorf("owner %d, group %d, mode %v, %d bytes", s.Uid, s.Gid, info.Mode(), info.Size())
	}
	if info, err := os.Lstat(DatabaseFile(folder)); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info.Mode(), err)
	}
	checkAlone(t, filepath.Clean(file))
}
