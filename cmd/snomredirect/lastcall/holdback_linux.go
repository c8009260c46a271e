package lastcall

import (
	"net"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// holdBack makes the kernel ignore newcomers: it attaches a filter to the socket that
// drops packets with SYN. Those of handshakes under way pass. Without the filter,
// newcomers are accepted for longer.
func holdBack(l *net.TCPListener) {
	const flags, syn = 13, 0x02 // in the TCP header
	filter, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: flags, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: syn, SkipTrue: 1},
		bpf.RetConstant{Val: 0xFFFFFFFF}, // all bytes
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return
	}
	program := make([]unix.SockFilter, len(filter))
	for i, f := range filter {
		program[i] = unix.SockFilter{Code: f.Op, Jt: f.Jt, Jf: f.Jf, K: f.K}
	}
	if raw, err := l.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
		})
	}
}
