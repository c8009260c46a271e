package lastcall

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
)

// handshakes reports whether the kernel keeps connections to the port of l to itself, of
// clients that have sent nothing yet. If that is not known, there may be some.
func handshakes(l *net.TCPListener) bool {
	port := l.Addr().(*net.TCPAddr).Port
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} { // tcp6 has IPv4 clients of a listener for both
		f, err := os.Open(table)
		if errors.Is(err, fs.ErrNotExist) && table == "/proc/net/tcp6" {
			continue // a kernel without IPv6
		}
		if err != nil {
			return true
		}
		found, err := received(f, port)
		f.Close()
		if found || err != nil {
			return true
		}
	}
	return false
}

// received reports whether table has a connection to the port in the state SYN_RECV. Of
// each line, field 1 is the local address and port in hexadecimal, field 3 the state:
// https://docs.kernel.org/networking/proc_net_tcp.html.
func received(table io.Reader, port int) (bool, error) {
	local := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) > 3 && f[3] == "03" && strings.HasSuffix(f[1], local) {
			return true, nil
		}
	}
	return false, lines.Err()
}
