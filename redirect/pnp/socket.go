package pnp

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
)

// readBuffer is how many bytes the system may keep of datagrams that wait to be read:
// after a power cut all phones come at once.
const readBuffer = 1 << 20

// A path is where a datagram came from or goes to.
type path struct {
	remote netip.AddrPort // the phone's
	local  netip.AddrPort // this service's
	index  int            // of the interface, or 0 if the system chooses it
}

// A datagram is what came or goes on a path.
type datagram struct {
	path
	data []byte
}

// A socket reads and writes datagrams together with their interfaces.
type socket struct {
	conn *ipv4.PacketConn
	addr netip.AddrPort
}

// listen opens a socket for one address of this machine, or for all.
func listen(addr netip.AddrPort) (*socket, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	return newSocket(conn)
}

// newSocket returns the socket of a connection, which it closes if that fails.
func newSocket(conn *net.UDPConn) (*socket, error) {
	_ = conn.SetReadBuffer(readBuffer) // the system may allow less
	s := &socket{ipv4.NewPacketConn(conn), unmapped(conn.LocalAddr().(*net.UDPAddr).AddrPort())}
	if err := s.conn.SetControlMessage(ipv4.FlagInterface, true); err != nil {
		conn.Close()
		return nil, fmt.Errorf("the system does not say on which interface datagrams arrive: %w", err)
	}
	return s, nil
}

// read reads a datagram into buf, which cuts it. It returns the index of the interface
// too.
func (s *socket) read(buf []byte) (n int, remote netip.AddrPort, index int, err error) {
	n, control, from, err := s.conn.ReadFrom(buf)
	if err != nil {
		return 0, netip.AddrPort{}, 0, err
	}
	if control != nil {
		index = control.IfIndex
	}
	return n, unmapped(from.(*net.UDPAddr).AddrPort()), index, nil
}

// write sends a datagram through its interface, from its local address.
func (s *socket) write(d datagram) error {
	control := &ipv4.ControlMessage{Src: d.local.Addr().AsSlice(), IfIndex: d.index}
	_, err := s.conn.WriteTo(d.data, control, net.UDPAddrFromAddrPort(d.remote))
	return err
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
