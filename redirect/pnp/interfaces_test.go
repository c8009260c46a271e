package pnp

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

var (
	lo   = testInterface(1, "lo", net.FlagLoopback|net.FlagMulticast, "127.0.0.1/8")
	eth0 = testInterface(2, "eth0", net.FlagMulticast, "192.168.10.1/24", "192.168.20.1/24")
	vlan = testInterface(3, "vlan30", net.FlagMulticast, "10.30.0.1/16")
	tun0 = testInterface(4, "tun0", 0, "10.99.0.1/31")
)

func testInterface(index int, name string, flags net.Flags, addrs ...string) iface {
	i := iface{Interface: net.Interface{Index: index, Name: name, Flags: flags | net.FlagUp}}
	for _, a := range addrs {
		i.addrs = append(i.addrs, netip.MustParsePrefix(a))
	}
	return i
}

// A joinLog notes what is joined and left, and fails to join some.
type joinLog struct {
	calls []string
	fails []string
}

func (l *joinLog) JoinGroup(i *net.Interface, _ net.Addr) error {
	l.calls = append(l.calls, "join "+i.Name)
	if slices.Contains(l.fails, i.Name) {
		return errors.New("no room")
	}
	return nil
}

func (l *joinLog) LeaveGroup(i *net.Interface, _ net.Addr) error {
	l.calls = append(l.calls, "leave "+string(rune('0'+i.Index)))
	return nil
}

func (l *joinLog) take() string {
	slices.Sort(l.calls)
	defer func() { l.calls = nil }()
	return strings.Join(l.calls, ", ")
}

func TestInterfacesAreJoinedAndLeft(t *testing.T) {
	var up []iface
	var log strings.Builder
	s := newInterfaces(slog.New(slog.NewTextHandler(&log, nil)), func() ([]iface, error) { return up, nil })
	joins := &joinLog{}
	s.group = &membership{joins, &net.UDPAddr{IP: net.IPv4(224, 0, 1, 75), Port: 5060}}
	for _, step := range []struct {
		up    []iface
		fails []string
		want  string
		err   bool
	}{
		{nil, nil, "", false}, // no interface yet is no error
		{[]iface{eth0, tun0}, []string{"eth0"}, "join eth0", true},
		{[]iface{eth0, tun0}, []string{"eth0"}, "join eth0", true},
		{[]iface{eth0, vlan, tun0}, []string{"vlan30"}, "join eth0, join vlan30", false},
		{[]iface{eth0, vlan, tun0}, nil, "join vlan30", false},
		{[]iface{eth0, vlan, tun0}, nil, "", false},
		{[]iface{eth0}, nil, "leave 3", false},
		{[]iface{eth0, vlan}, nil, "join vlan30", false},
	} {
		up, joins.fails = step.up, step.fails
		if err := s.look(); (err != nil) != step.err {
			t.Errorf("%v: %v", step, err)
		}
		if got := joins.take(); got != step.want {
			t.Errorf("%v: %s", step, got)
		}
	}
	if n := strings.Count(log.String(), "joining failed"); n != 2 {
		t.Errorf("%d warnings: %s", n, log.String())
	}
}

func TestFind(t *testing.T) {
	s := newInterfaces(slog.New(slog.DiscardHandler), func() ([]iface, error) { return []iface{lo, eth0, vlan, tun0}, nil })
	if err := s.look(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source string
		index  int
		local  string // empty if the source is outside
		out    int
	}{
		{"192.168.10.67", 2, "192.168.10.1", 2},
		{"192.168.20.67", 2, "192.168.20.1", 2},
		{"10.30.4.5", 3, "10.30.0.1", 3},
		{"10.99.0.0", 4, "10.99.0.1", 4},
		{"127.0.0.1", 1, "127.0.0.1", 0},
		{"192.168.10.1", 1, "192.168.10.1", 0}, // this machine writes to itself
		{"192.168.10.67", 3, "", 0},
		{"10.30.4.5", 2, "", 0},
		{"8.8.8.8", 2, "", 0},
		{"127.0.0.1", 2, "", 0},
		{"192.168.10.67", 1, "", 0},
		{"192.168.10.67", 0, "", 0},
		{"192.168.10.67", 9, "", 0},
		{"192.168.10.255", 2, "", 0},
		{"192.168.10.0", 2, "", 0},
		{"10.30.255.255", 3, "", 0},
		{"127.255.255.255", 1, "", 0},
		{"0.0.0.0", 2, "", 0},
		{"255.255.255.255", 2, "", 0},
		{"224.0.1.75", 2, "", 0},
	} {
		local, out, ok := s.find(netip.MustParseAddr(c.source), c.index)
		if ok != (c.local != "") || ok && (local.String() != c.local || out != c.out) {
			t.Errorf("%s on %d: %v, %d, %v", c.source, c.index, local, out, ok)
		}
	}
}
