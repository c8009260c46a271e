// Package pnp answers phones that look for their settings by SIP Plug & Play. A
// phone sends a SUBSCRIBE for its profile to a multicast group that it need not be
// configured with:
//
//	SUBSCRIBE sip:MAC%3a0004132314A4@VON SIP/2.0
//	Event: ua-profile;profile-type="device";vendor="snom";model="snom360";version="6.5.1"
//
// The phone gets 200 OK and then a NOTIFY whose body is the URL of its setting
// server, repeated until the phone confirms it (snom's Mass Deployment slides; the
// roles of the headers are those of RFC 3265). A phone that there is no URL for gets
// no answer, because another server may have one.
//
// Answers go where the datagram came from. As anybody can write any address there,
// only addresses in a subnet of the interface are answered. How often is bounded for
// each address and for all together, and so is how much is remembered. Datagrams that
// are not understood as a whole are dropped and counted.
package pnp

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// lookEvery is how often the interfaces are looked at: they come and go, and change
// their addresses.
const lookEvery = 30 * time.Second

// retryAfter is how long a socket rests that could not be read.
const retryAfter = time.Second

// A Subscription is what a phone says about itself when it requests its settings. None
// of it is proven. Vendor, Model and Firmware are printable ASCII of at most 255 bytes,
// or empty.
type Subscription struct {
	MAC                     macaddr.Addr
	Vendor, Model, Firmware string
	From                    netip.AddrPort
}

// A Config configures a [Server]. Only Answer is required.
type Config struct {
	// Answer returns the URL that a phone is notified of, or the zero URL if the phone
	// gets no answer. It is called once for each new subscription and must return
	// quickly: all other phones wait. A SUBSCRIBE with the same source and Call-ID is a
	// retransmission for ten seconds, and new after that.
	Answer func(Subscription) store.URL
	// Observe is called with the outcome of each datagram, from several goroutines, and
	// must return at once. If nil, datagrams are not observed.
	Observe func(Outcome)
	// Log receives all datagrams at debug, the interfaces on which the group was joined
	// at info, interfaces and sockets that fail at warn, and panics at error. If nil,
	// nothing is logged.
	Log *slog.Logger
}

// A Server answers the phones of all interfaces.
type Server struct {
	log        *slog.Logger
	addr       netip.AddrPort
	responder  *responder
	interfaces *interfaces
	group      *socket // nil if the address is not a group
	answers    *socket // sends all answers, and receives what is not sent to the group

	once    sync.Once
	closing chan struct{}
}

// Listen opens the sockets of a server. If the address is that of a multicast group,
// such as 224.0.1.75:5060, the server joins it on each interface that is up and has an
// IPv4 address, and on those that come later. Any other address, such as 127.0.0.1:0,
// is only listened on.
func Listen(address string, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	resolved, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return nil, err
	}
	s := &Server{log: c.Log, addr: unmapped(resolved.AddrPort()), closing: make(chan struct{})}
	s.responder = newResponder(c, func(d datagram) error { return s.answers.write(d) })
	s.interfaces = newInterfaces(c.Log, systemInterfaces)
	if s.addr.Addr().IsMulticast() {
		err = s.openGroup()
	} else if s.answers, err = listen(s.addr); err == nil {
		s.addr = s.answers.addr
	}
	if err == nil {
		err = s.interfaces.look()
	}
	if err != nil {
		return nil, errors.Join(err, s.closeSockets())
	}
	return s, nil
}

// openGroup opens a socket for the group and one for everything else. The first takes
// no unicast datagram from a PBX on this machine that has the same port, but its
// address can't be answered; the other one has a port of its own.
func (s *Server) openGroup() (err error) {
	if s.group, err = listenGroup(s.addr); err != nil {
		return err
	}
	s.interfaces.group = &membership{s.group.conn, net.UDPAddrFromAddrPort(s.addr)}
	s.answers, err = listen(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
	return err
}

// Addr returns the address that the server listens on: that of the group, or what
// Listen was given, with the port that was chosen for port 0.
func (s *Server) Addr() net.Addr { return net.UDPAddrFromAddrPort(s.addr) }

// Serve answers phones until the server is closed, and then returns nil.
func (s *Server) Serve() error {
	var serving sync.WaitGroup
	serving.Go(func() { s.read(s.answers) })
	if s.group != nil {
		serving.Go(func() { s.read(s.group) })
	}
	serving.Go(s.watchInterfaces)
	serving.Wait()
	s.responder.close() // for what was answered while the sockets were closed
	return nil
}

// Close ends Serve. NOTIFYs that phones have not confirmed are not repeated any more.
func (s *Server) Close() (err error) {
	s.once.Do(func() {
		close(s.closing)
		err = s.closeSockets()
		s.responder.close()
	})
	return err
}

func (s *Server) closeSockets() error {
	var errs []error
	for _, socket := range []*socket{s.group, s.answers} {
		if socket != nil {
			errs = append(errs, socket.conn.Close())
		}
	}
	return errors.Join(errs...)
}

// read answers the datagrams of a socket until that is closed.
func (s *Server) read(from *socket) {
	buf := make([]byte, maxDatagram+1) // one more shows that a datagram is too long
	for {
		n, remote, index, err := from.read(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.log.Warn("Plug & Play: reading failed, retrying", "after", retryAfter, "error", err)
			s.wait(retryAfter)
			continue
		}
		if path, ok := s.pathTo(remote, index); ok {
			s.responder.receive(datagram{path, buf[:n]})
		} else {
			s.responder.report(Outside, Subscription{From: remote})
		}
	}
}

// pathTo returns the path on which a datagram is answered. ok is false if its source is
// outside the subnets of the interface.
func (s *Server) pathTo(remote netip.AddrPort, index int) (p path, ok bool) {
	local, out, ok := s.interfaces.find(remote.Addr(), index)
	if !ok || remote.Port() == 0 {
		return path{}, false
	}
	if bound := s.answers.addr.Addr(); !bound.IsUnspecified() {
		local = bound
	}
	return path{remote, netip.AddrPortFrom(local, s.answers.addr.Port()), out}, true
}

func (s *Server) watchInterfaces() {
	for s.wait(lookEvery) {
		if err := s.interfaces.look(); err != nil {
			s.log.Warn("Plug & Play: looking at the interfaces failed, retrying", "after", lookEvery, "error", err)
		}
	}
}

// wait waits, and reports whether the server is still open.
func (s *Server) wait(d time.Duration) bool {
	select {
	case <-s.closing:
		return false
	case <-time.After(d):
		return true
	}
}
