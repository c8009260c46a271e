//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package bolt

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// lock locks an open file in the way of bbolt, which then finds it locked by itself.
// The error is ErrInUse after a time.
func lock(o *os.File, shared bool, wait time.Duration) error {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for begun := time.Now(); ; time.Sleep(wait / 20) {
		err := syscall.Flock(int(o.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if time.Since(begun) >= wait {
			return ErrInUse
		}
	}
}
