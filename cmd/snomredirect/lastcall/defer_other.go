//go:build !linux

package lastcall

import "net"

// deferAccept does nothing: every connection is accepted at once.
func deferAccept(*net.TCPListener, bool) (ok bool) { return false }
