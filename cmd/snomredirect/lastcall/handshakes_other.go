//go:build !linux

package lastcall

import "net"

// handshakes returns false: every connection is accepted at once.
func handshakes(*net.TCPListener) bool { return false }
