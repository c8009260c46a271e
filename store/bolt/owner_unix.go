//go:build unix

package bolt

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner and the group of another one: root may do the work
// of the user who runs the service.
func keepOwner(file string, of fs.FileInfo) error {
	is, err := os.Stat(file)
	if err != nil {
		return err
	}
	now, ok1 := is.Sys().(*syscall.Stat_t)
	want, ok2 := of.Sys().(*syscall.Stat_t)
	if !ok1 || !ok2 || now.Uid == want.Uid && now.Gid == want.Gid {
		return nil
	}
	return os.Chown(file, int(want.Uid), int(want.Gid))
}
