//go:build unix

package main

import (
	"math"
	"syscall"
)

// maxFiles returns how many files the process can open.
func maxFiles() uint64 {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return math.MaxUint64
	}
	return uint64(r.Cur)
}
