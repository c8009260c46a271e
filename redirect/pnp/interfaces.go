package pnp

import (
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"

	"golang.org/x/net/ipv4"
)

// A membership joins and leaves a group.
type membership struct {
	conn interface {
		JoinGroup(*net.Interface, net.Addr) error
		LeaveGroup(*net.Interface, net.Addr) error
	}
	group net.Addr
}

var _ = membership{conn: (*ipv4.PacketConn)(nil)}

// An iface is an interface that is up, with its IPv4 addresses and their subnets.
type iface struct {
	net.Interface
	addrs []netip.Prefix
}

// interfaces are those of this machine when they were last looked at.
type interfaces struct {
	log   *slog.Logger
	list  func() ([]iface, error)
	group *membership // nil if no group is to be joined

	mu     sync.RWMutex
	byID   map[int]iface
	joined map[int]bool // false if that failed, so that it is logged once
}

func newInterfaces(log *slog.Logger, list func() ([]iface, error)) *interfaces {
	return &interfaces{log: log, list: list, joined: map[int]bool{}}
}

// systemInterfaces returns all interfaces that are up and have an IPv4 address.
func systemInterfaces() (up []iface, err error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue // an error is that of an interface that has gone
		}
		var v4 []netip.Prefix
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				v4 = append(v4, p)
			}
		}
		if v4 != nil {
			up = append(up, iface{i, v4})
		}
	}
	return up, nil
}

// look looks at the interfaces, joins the group on new ones, and leaves it on those
// that have gone. The error is that of joining if that failed on all.
func (s *interfaces) look() error {
	up, err := s.list()
	if err != nil {
		return err
	}
	var own []netip.Prefix
	byID := map[int]iface{}
	for _, i := range up {
		for _, p := range i.addrs {
			own = append(own, netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
		}
		byID[i.Index] = i
	}
	// Whatever this machine sends to itself arrives on loopback.
	for id, i := range byID {
		if i.Flags&net.FlagLoopback != 0 {
			i.addrs = slices.Concat(i.addrs, own)
			byID[id] = i
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID = byID
	if s.group == nil {
		return nil
	}
	return s.join()
}

// join joins the group wherever that is possible. mu is held.
func (s *interfaces) join() (err error) {
	for _, i := range s.byID {
		if s.joined[i.Index] || i.Flags&net.FlagMulticast == 0 {
			continue
		}
		failed := s.group.conn.JoinGroup(&i.Interface, s.group.group)
		_, again := s.joined[i.Index]
		s.joined[i.Index] = failed == nil
		switch {
		case failed == nil:
			s.log.Info("Plug & Play: joined", "interface", i.Name, "group", s.group.group.String())
		case !again:
			s.log.Warn("Plug & Play: joining failed, retrying: phones there get no answer", "interface", i.Name, "after", lookEvery, "error", failed)
		}
		if failed != nil {
			err = failed
		}
	}
	for id, joined := range s.joined {
		if _, up := s.byID[id]; !up {
			if joined {
				// The system remembers it although the interface has gone, and allows
				// a socket only 20.
				_ = s.group.conn.LeaveGroup(&net.Interface{Index: id}, s.group.group)
			}
			delete(s.joined, id)
		}
	}
	if slices.Contains(slices.Collect(maps.Values(s.joined)), true) {
		return nil
	}
	return err
}

// find returns the address from which a source that arrived on an interface is
// answered, and the interface through which, or 0 for the system's choice. ok is false
// if the source is outside the subnets of the interface or stands for all in one.
func (s *interfaces) find(source netip.Addr, index int) (local netip.Addr, out int, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, known := s.byID[index]
	if !known {
		return netip.Addr{}, 0, false
	}
	if i.Flags&net.FlagLoopback == 0 {
		out = index
	}
	for _, p := range i.addrs {
		if p.Contains(source) && !isBroadcast(p, source) {
			return p.Addr(), out, true
		}
	}
	return netip.Addr{}, 0, false
}

// isBroadcast reports whether an address is the first or last of its subnet, which
// are those of all its hosts.
func isBroadcast(p netip.Prefix, a netip.Addr) bool {
	if p.Bits() >= 31 {
		return false
	}
	return a == p.Masked().Addr() || !p.Contains(a.Next())
}
