//go:build unix

package main

import "syscall"

// maxFiles returns how many files the process can open, if there is a limit.
func maxFiles() (limit uint64, ok bool) {
	var r syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r)
	return uint64(r.Cur), err == nil
}
