package lastcall

import (
	"net"
	"os"

	"github.com/prometheus/procfs"
)

// synReceived is the state of a connection that the kernel keeps to itself, as in
// /proc/net/tcp.
const synReceived = 3

// handshakes reports whether the kernel keeps connections to the port of l to itself, of
// clients that have sent nothing yet. If that is not known, there may be some.
func handshakes(l *net.TCPListener) bool {
	port := uint64(l.Addr().(*net.TCPAddr).Port)
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return true
	}
	v4, err := fs.NetTCP()
	if err != nil {
		return true
	}
	v6, err := fs.NetTCP6() // also IPv4 clients of a listener for both
	if err != nil && !os.IsNotExist(err) {
		return true
	}
	for _, c := range append(v4, v6...) {
		if c.St == synReceived && c.LocalPort == port {
			return true
		}
	}
	return false
}
