package main

import "golang.org/x/sys/unix"

// diskSpace returns the bytes that are free for the service on the disk of a folder, and
// those of the disk, or zeros if that can't be found out.
func diskSpace(folder string) (free, total int64) {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil {
		return 0, 0
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize
}
