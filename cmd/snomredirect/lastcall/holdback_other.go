//go:build !linux

package lastcall

import "net"

func holdBack(*net.TCPListener) {}
