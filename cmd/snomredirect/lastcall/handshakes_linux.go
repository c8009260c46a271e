package lastcall

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// handshakes reports whether the kernel keeps connections to the port of l to itself, of
// clients that have sent nothing yet. If that is not known, there may be some.
func handshakes(l *net.TCPListener) bool {
	raw, err := l.SyscallConn()
	if err != nil {
		return true
	}
	var family int
	controlled := raw.Control(func(fd uintptr) {
		family, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
	})
	if controlled != nil || err != nil {
		return true
	}
	table := "/proc/net/tcp"
	if family == unix.AF_INET6 { // this one has the IPv4 clients of a listener for both too
		table = "/proc/net/tcp6"
	}
	f, err := os.Open(table)
	if err != nil {
		return true
	}
	defer f.Close()
	found, err := received(f, l.Addr().(*net.TCPAddr).Port)
	return found || err != nil
}

// received reports whether table has a connection to the port in the state SYN_RECV. Of
// each line, field 1 is the local address and port in hexadecimal, field 3 the state:
// https://docs.kernel.org/networking/proc_net_tcp.html.
func received(table io.Reader, port int) (bool, error) {
	local, syn := fmt.Sprintf(":%04X", port), []byte(" 03 ")
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), syn) { // there may be tens of thousands, most in other states
			continue
		}
		f := strings.Fields(lines.Text())
		if len(f) > 3 && f[3] == "03" && strings.HasSuffix(f[1], local) {
			return true, nil
		}
	}
	return false, lines.Err()
}
