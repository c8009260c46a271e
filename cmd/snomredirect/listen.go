package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"snomredirect/cmd/snomredirect/lastcall"
)

// An address is a flag that says where to listen, and its value. If that is empty,
// nothing listens.
type address struct {
	flag  string
	value *string
}

func (s *serve) addresses() []address {
	return []address{{"http", &s.HTTP}, {"https", &s.HTTPS}, {"rds", &s.RDS}, {"files", &s.Files}, {"ssh", &s.SSH}, {"metrics", &s.Metrics}}
}

// protocol returns what the listener of a flag speaks. In SSH the server may send first,
// and a session may be idle for longer than a dead one should stay.
func protocol(flag string) lastcall.Protocol {
	return lastcall.Protocol{ClientFirst: flag != "ssh", Bounded: flag != "ssh"}
}

// listeners are the open listeners, in the order of their addresses.
type listeners []listener

type listener struct {
	*lastcall.Listener
	flag string
}

// listen opens a listener for each address that systemd has not opened. If one fails,
// none is open.
func (s *serve) listen() (ls listeners, err error) {
	for _, a := range s.addresses() {
		if l := s.inherited[a.flag]; l != nil {
			ls = append(ls, listener{l, a.flag})
			continue
		}
		if *a.value == "" {
			continue
		}
		l, err := lastcall.Listen(*a.value, protocol(a.flag))
		switch malformed := (*net.AddrError)(nil); {
		case errors.As(err, &malformed):
			err = fmt.Errorf("--%s %s: expected host:port or :port: %w", a.flag, *a.value, errUsage)
		case errors.Is(err, syscall.EADDRINUSE):
			err = fmt.Errorf("--%s %s: in use by another program", a.flag, *a.value)
		case errors.Is(err, fs.ErrPermission):
			err = notPermitted(a.flag, *a.value)
		case err != nil:
			err = fmt.Errorf("--%s %s: %w", a.flag, *a.value, err)
		}
		if err != nil {
			ls.close()
			return nil, err
		}
		ls = append(ls, listener{l, a.flag})
	}
	return ls, nil
}

// notPermitted returns the error of an address that only root may listen on.
func notPermitted(flag, address string) error {
	program, err := os.Executable()
	if err != nil {
		program = "snomredirect"
	}
	return fmt.Errorf("--%s %s: this user may not listen on a port below 1024: allow the program to, with sudo setcap cap_net_bind_service=+ep %s, or let systemd open the port, as the unit in integration/package does: docs/install.md", flag, address, program)
}

// on returns the listener of a flag, or nil if it is not open.
func (ls listeners) on(flag string) *lastcall.Listener {
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
