package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"golang.org/x/net/netutil"

	"snomredirect/redirect/rds"
)

// Limits at the door where partners' tools ask. They ask for one phone at a time
// on the same connection, and may send and get long lists.
const (
	maxToolConnections      = 512
	maxToolConnectionsAHost = 64 // a stranger keeps each for 20 seconds, and may come again
	toolReadTime            = 30 * time.Second
	toolWriteTime           = 2 * time.Minute // from the header on
	toolIdleTime            = 2 * time.Minute
)

// checkRDS is what must hold of the flags of that door: a password goes over no
// wire in the clear.
func (s *serve) checkRDS() error {
	switch {
	case s.RDSPlain && s.RDS == "":
		return fmt.Errorf("--rds-plain: expected --rds, too: %w", errUsage)
	case s.RDSPlain:
		at, err := net.ResolveTCPAddr("tcp", s.RDS)
		if err != nil || !at.IP.IsLoopback() {
			return fmt.Errorf("--rds %s: with --rds-plain expected a loopback address, such as 127.0.0.1:8083: %w", s.RDS, errUsage)
		}
		s.RDS = at.String() // and no name, which may be another address when it is looked up again
	}
	return nil
}

// toolTLS is how that door speaks TLS: with the service's own certificate or,
// without one, with one that is made once in the data folder. Nil is plain HTTP.
func (s *serve) toolTLS(own *certificate, log *slog.Logger) (*tls.Config, error) {
	switch {
	case s.RDS == "" || s.RDSPlain:
		return nil, nil
	case own != nil:
		return tlsConfig(own, nil), nil
	}
	file := filepath.Join(s.Data, "rds")
	made, err := selfSigned(file, s.PublicName)
	if err != nil {
		return nil, fmt.Errorf("--rds: %w", err)
	}
	log.Info("the certificate of --rds is signed by itself: tools need its file or its fingerprint", "file", file+".pem", "sha256", fingerprint(made))
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{made}}, nil
}

// newRDSServer serves tools at l; over TLS, where t is not nil.
func newRDSServer(l net.Listener, c rds.Config, t *tls.Config) httpServer {
	s := webServer(rds.New(c), t, c.Log)
	s.ReadTimeout, s.WriteTimeout, s.IdleTimeout = toolReadTime, toolWriteTime, toolIdleTime
	return httpServer{s, netutil.LimitListener(newHostLimit(l, maxToolConnectionsAHost), maxToolConnections)}
}
