package bolt

import (
	"fmt"
	"runtime"
	"strings"

	"snomredirect/store"
)

// A damagedError is a store.ErrDamaged with what is wrong.
type damagedError struct{ error }

func (e damagedError) Unwrap() []error { return []error{store.ErrDamaged, e.error} }

// recovered is deferred. It turns a panic because of a wrong page into an error; others
// go on.
func recovered(err *error) {
	r := recover()
	if r == nil {
		return
	}
	if !isDamage(r) {
		panic(r)
	}
	*err = damagedError{fmt.Errorf("%v", r)}
}

// isDamage reports whether a panic that was just recovered is because of a wrong page:
// a fault in mapped memory, or a panic in bbolt itself, which asserts what a page must
// be and goes by its numbers. It must be called while the stack still has the panic.
func isDamage(r any) bool {
	if _, isFault := r.(interface{ Addr() uintptr }); isFault {
		return true
	}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for panicked := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			return strings.HasPrefix(f.Function, "go.etcd.io/bbolt")
		}
		if !more {
			return false
		}
	}
}
