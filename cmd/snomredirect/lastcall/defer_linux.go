package lastcall

import (
	"net"

	"golang.org/x/sys/unix"
)

// deferAccept turns on or off that the kernel keeps a connection to itself until its
// client has sent something, for a second at most, and reports whether it could. The
// kernel has no more room for such connections than for handshakes; if there are more,
// it accepts them at once, with SYN cookies.
func deferAccept(l *net.TCPListener, on bool) (ok bool) {
	seconds := 0
	if on {
		seconds = 1
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return false
	}
	controlled := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, seconds)
	})
	return controlled == nil && err == nil
}
