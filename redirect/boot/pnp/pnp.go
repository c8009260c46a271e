// Package pnp asks for a setting server by SIP Plug & Play, as a snom phone does: by a
// SUBSCRIBE to a multicast group, which some host in the network answers by a NOTIFY with
// the URL.
package pnp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"

	"snomredirect/macaddr"
)

// Group is where phones ask.
var Group = netip.MustParseAddrPort("224.0.1.75:5060")

// defaultWait is how long a phone waits for the URL.
const defaultWait = 5 * time.Second

// firstWait is the wait before the question is asked again. It doubles each time (RFC
// 3261, timer E).
const firstWait = 500 * time.Millisecond

// maxDatagram bounds the datagrams that are read, in bytes.
const maxDatagram = 8 << 10

// A Question is asked once for a phone.
type Question struct {
	MAC             macaddr.Addr
	Model, Firmware string
	Interface       *net.Interface
	To              netip.AddrPort // if zero, Group

	wait time.Duration // if 0, defaultWait; set by tests
}

func (q Question) to() netip.AddrPort {
	if q.To.IsValid() {
		return q.To
	}
	return Group
}

// Ask asks until a host answers with the URL of a setting server, and returns that host's
// address too.
func (q Question) Ask(ctx context.Context) (url string, from netip.Addr, err error) {
	socket, err := q.listen()
	if err != nil {
		return "", from, err
	}
	defer socket.Close()
	defer context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) })()
	a := asking{socket: socket, dialog: newDialog(), wait: cmp.Or(q.wait, defaultWait)}
	a.end = time.Now().Add(a.wait)
	question := a.dialog.subscribe(q, socket.LocalAddr().(*net.UDPAddr).AddrPort())
	for wait := firstWait; url == "" && time.Now().Before(a.end) && ctx.Err() == nil; wait *= 2 {
		if _, err := socket.WriteToUDPAddrPort(question, q.to()); err != nil {
			return "", from, err
		}
		if url, from, err = a.receive(ctx, time.Now().Add(wait)); err != nil {
			return "", from, err
		}
	}
	switch {
	case url != "":
		return url, from, nil
	case ctx.Err() != nil:
		return "", from, context.Cause(ctx)
	}
	return "", from, a.silence()
}

// listen returns a socket of the interface.
func (q Question) listen() (*net.UDPConn, error) {
	local, err := addressOf(q.Interface)
	if err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return nil, err
	}
	if q.to().Addr().IsMulticast() {
		if err := ipv4.NewPacketConn(socket).SetMulticastInterface(q.Interface); err != nil {
			socket.Close()
			return nil, err
		}
	}
	return socket, nil
}

// addressOf returns the first IPv4 address of an interface.
func addressOf(i *net.Interface) (netip.Addr, error) {
	addresses, err := i.Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			return p.Addr(), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("the interface %s has no IPv4 address", i.Name)
}

// An asking is a question that waits for its answer.
type asking struct {
	socket   *net.UDPConn
	dialog   dialog
	wait     time.Duration
	end      time.Time
	accepted bool  // a host has promised the URL
	status   int   // a host has answered with it, and not promised the URL
	problem  error // the last datagram that was no answer
}

// receive receives datagrams until one has the URL, or the deadline.
func (a *asking) receive(ctx context.Context, deadline time.Time) (url string, from netip.Addr, err error) {
	if deadline.After(a.end) {
		deadline = a.end
	}
	_ = a.socket.SetReadDeadline(deadline)
	buffer := make([]byte, maxDatagram+1)
	for ctx.Err() == nil {
		n, sender, err := a.socket.ReadFromUDPAddrPort(buffer)
		if late := net.Error(nil); errors.As(err, &late) && late.Timeout() {
			return "", from, nil
		} else if err != nil {
			return "", from, err
		}
		if n > maxDatagram {
			a.problem = fmt.Errorf("a datagram of more than %d bytes", maxDatagram)
			continue
		}
		m, err := a.dialog.read(buffer[:n], sender)
		switch {
		case err != nil:
			a.problem = err
		case m.url != "":
			_, err := a.socket.WriteToUDPAddrPort(m.reply, sender)
			return m.url, sender.Addr().Unmap(), err
		case m.status/100 == 2:
			a.accepted = true // and must not be asked again
			_ = a.socket.SetReadDeadline(a.end)
		case m.status >= 300:
			a.status = m.status
		}
	}
	return "", from, nil
}

// silence says why there is no URL.
func (a *asking) silence() error {
	switch {
	case a.problem != nil:
		return fmt.Errorf("no URL within %v, but %w", a.wait, a.problem)
	case a.accepted:
		return fmt.Errorf("no URL within %v, though a host accepted the SUBSCRIBE", a.wait)
	case a.status != 0:
		return fmt.Errorf("no URL within %v, but status %d", a.wait, a.status)
	}
	return fmt.Errorf("no answer within %v", a.wait)
}
