// Package tftp reads files from TFTP servers (RFC 1350), with the option for longer
// blocks (RFC 2347 and 2348).
package tftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// A Dialer finds and may refuse the address of a server: it opens a UDP socket, which
// sends nothing. If nil, [net.Dialer] does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// blockSize is that of a packet which fits into an Ethernet frame, also over IPv6.
const blockSize = 1428

// What was sent is sent again after a wait, which doubles each time.
const (
	firstWait = time.Second
	maxSent   = 5
)

// A File is a file that is being received. Its methods may not be called concurrently.
type File struct {
	ctx      context.Context
	socket   *net.UDPConn
	server   netip.AddrPort // to which packets are sent
	known    bool           // whether that port is the one of this transfer
	transfer transfer
	next     []byte // the packet to send
	buffer   []byte
	rest     []byte // what Read has not returned yet, in buffer
	err      error
	stop     func() bool
}

// Open requests a file from the server at address, which is a host and a port. It returns
// when the server begins to send, or an [*Error]. The context also ends reading.
func Open(ctx context.Context, dial Dialer, address, name string) (*File, error) {
	f, err := open(ctx, dial, address, name, blockSize)
	if refused := (*Error)(nil); errors.As(err, &refused) && refused.Code == OptionRefused {
		return open(ctx, dial, address, name, 0)
	}
	return f, err
}

func open(ctx context.Context, dial Dialer, address, name string, size int) (*File, error) {
	first, err := request(name, size)
	if err != nil {
		return nil, err
	}
	socket, server, err := listen(ctx, dial, address)
	if err != nil {
		return nil, err
	}
	f := &File{
		ctx: ctx, socket: socket, server: server, transfer: transfer{requested: size}, next: first,
		buffer: make([]byte, headerLength+blockSize+1), // one more shows that a block is too long
		stop:   context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) }),
	}
	if f.rest, err = f.step(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// listen returns a socket that receives from all ports of a server, which answers from
// another than the one of its address.
func listen(ctx context.Context, dial Dialer, address string) (*net.UDPConn, netip.AddrPort, error) {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	c, err := dial(ctx, "udp", address)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	defer c.Close()
	local, isLocal := c.LocalAddr().(*net.UDPAddr)
	remote, isRemote := c.RemoteAddr().(*net.UDPAddr)
	if !isLocal || !isRemote {
		return nil, netip.AddrPort{}, fmt.Errorf("%v is not reached over UDP", c.RemoteAddr())
	}
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: local.IP, Zone: local.Zone})
	return socket, unmapped(remote.AddrPort()), err
}

// step sends the next packet, until the server answers it. It returns the content of a
// block.
func (f *File) step() (data []byte, err error) {
	wait := firstWait
	for range maxSent {
		if err := f.send(); err != nil {
			return nil, err
		}
		data, answered, err := f.receive(time.Now().Add(wait))
		if err != nil || answered {
			return data, err
		}
		wait *= 2
	}
	return nil, timeout{}
}

func (f *File) send() error {
	_, err := f.socket.WriteToUDPAddrPort(f.next, f.server)
	return err
}

// receive receives packets until one answers what was sent, or the deadline.
func (f *File) receive(deadline time.Time) (data []byte, answered bool, err error) {
	_ = f.socket.SetReadDeadline(deadline)
	for {
		if f.ctx.Err() == context.DeadlineExceeded {
			return nil, false, timeout{}
		} else if f.ctx.Err() != nil {
			return nil, false, f.ctx.Err()
		}
		n, from, err := f.socket.ReadFromUDPAddrPort(f.buffer)
		if late := net.Error(nil); errors.As(err, &late) && late.Timeout() && f.ctx.Err() == nil {
			return nil, false, nil
		} else if err != nil && f.ctx.Err() == nil {
			return nil, false, err
		}
		from = unmapped(from)
		if from.Addr() != f.server.Addr() || f.known && from != f.server {
			continue
		}
		p, err := parse(f.buffer[:n])
		if err != nil {
			continue
		}
		data, reply, err := f.transfer.take(p)
		if reply == nil && err == nil {
			continue
		}
		f.server, f.known, f.next = from, true, reply
		if err != nil || f.transfer.done {
			_ = f.end()
		}
		return data, true, err
	}
}

// end sends the last packet, which the server does not answer.
func (f *File) end() error {
	f.transfer.done = true
	if f.next == nil {
		return nil
	}
	return f.send()
}

// Read implements [io.Reader].
func (f *File) Read(p []byte) (n int, err error) {
	for len(f.rest) == 0 && f.err == nil {
		if f.err = io.EOF; !f.transfer.done {
			f.rest, f.err = f.step()
		}
	}
	if len(f.rest) == 0 {
		return 0, f.err
	}
	n = copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// Close ends the transfer, if it is not complete, and releases its socket.
func (f *File) Close() error {
	f.stop()
	if f.known && !f.transfer.done {
		f.next = refuse(Undefined, "not wanted any more")
		_ = f.end()
	}
	if f.err == nil {
		f.err = net.ErrClosed
	}
	f.rest = nil
	return f.socket.Close()
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
