//go:build !linux

package main

// diskSpace returns zeros: the space on the disk is not known here.
func diskSpace(string) (free, total int64) { return 0, 0 }
