package main

import (
	"fmt"
	"log/slog"
	"net"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"

	"snomredirect/cmd/snomredirect/lastcall"
)

// inherit takes the sockets that systemd has opened for the service. Each has the name
// of a flag, whose address it replaces.
func (s *serve) inherit() error {
	s.inherited = map[string]*lastcall.Listener{}
	for _, file := range activation.Files(true) {
		flag := file.Name()
		var address *string
		for _, a := range s.addresses() {
			if a.flag == flag {
				address = a.value
			}
		}
		if address == nil {
			return fmt.Errorf("a socket from systemd has the name %q: expected FileDescriptorName to be http, https, rds, files, ssh or metrics", flag)
		}
		if s.inherited[flag] != nil {
			return fmt.Errorf("systemd gives more than one socket with the name %s: expected one", flag)
		}
		l, err := net.FileListener(file) // a duplicate
		file.Close()
		tcp, ok := l.(*net.TCPListener)
		if err != nil || !ok {
			return fmt.Errorf("the socket %s from systemd is not one for TCP: expected ListenStream with a port", flag)
		}
		s.inherited[flag] = lastcall.Keep(tcp, protocol(flag))
		*address = tcp.Addr().String()
	}
	return nil
}

// notify tells systemd, if it has started the service, how far that is.
func notify(state string, log *slog.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd can't be notified", "state", state, "error", err)
	}
}
