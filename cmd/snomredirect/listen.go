package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// An address is the value of a flag that says where to listen. If it is empty,
// nothing listens.
type address struct{ flag, value string }

// listeners are the open listeners, in the order of their addresses.
type listeners []listener

type listener struct {
	net.Listener
	flag string
}

// listen opens a listener for each address, or none and returns an error.
func listen(addresses ...address) (ls listeners, err error) {
	for _, a := range addresses {
		if a.value == "" {
			continue
		}
		l, err := net.Listen("tcp", a.value)
		switch malformed := (*net.AddrError)(nil); {
		case errors.As(err, &malformed):
			err = fmt.Errorf("--%s %s: expected host:port or :port: %w", a.flag, a.value, errUsage)
		case errors.Is(err, syscall.EADDRINUSE):
			err = fmt.Errorf("--%s %s: in use by another program", a.flag, a.value)
		case err != nil:
			err = fmt.Errorf("--%s %s: %w", a.flag, a.value, err)
		}
		if err != nil {
			ls.close()
			return nil, err
		}
		ls = append(ls, listener{l, a.flag})
	}
	return ls, nil
}

// on returns the listener of a flag, or nil if it is not open.
func (ls listeners) on(flag string) net.Listener {
	for _, l := range ls {
		if l.flag == flag {
			return l.Listener
		}
	}
	return nil
}

// addresses returns flags and addresses as attributes of a log record.
func (ls listeners) addresses() (attrs []any) {
	for _, l := range ls {
		attrs = append(attrs, l.flag, l.Addr().String())
	}
	return attrs
}

func (ls listeners) close() {
	for _, l := range ls {
		l.Close()
	}
}
