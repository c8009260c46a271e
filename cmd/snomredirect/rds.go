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

// Limits on clients of the XML-RPC API. Partners' tools send one call for each
// phone on the same connection, and may send and get long lists.
const (
	maxRDSConnections        = 512
	maxRDSConnectionsPerHost = 64 // an unauthenticated client keeps each for 20 seconds, and may come again
	rdsReadTime              = 30 * time.Second
	rdsWriteTime             = 2 * time.Minute // from the end of the header
	rdsIdleTime              = 2 * time.Minute
)

// newRDSTLS returns the TLS configuration of the XML-RPC API: with the service's
// own certificate or, if own is nil, a self-signed one that is made once in the
// data folder. For plain HTTP it returns nil.
func (s *serve) newRDSTLS(own *certificate, log *slog.Logger) (*tls.Config, error) {
	switch {
	case s.RDS == "" || s.RDSPlain:
		return nil, nil
	case own != nil:
		return newTLSConfig(own, nil), nil
	}
	file := filepath.Join(s.Data, "rds")
	pair, err := selfSigned(file, s.PublicName)
	if err != nil {
		return nil, fmt.Errorf("--rds: %w", err)
	}
	log.Info("the certificate of --rds is self-signed: tools need its file or its fingerprint", "file", file+".pem", "sha256", fingerprint(pair))
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// newRDSServer returns a server of the XML-RPC API. If t is nil, it speaks plain
// HTTP.
func newRDSServer(l net.Listener, c rds.Config, t *tls.Config) httpServer {
	s := newHTTPServer(rds.New(c), t, c.Log)
	s.ReadTimeout, s.WriteTimeout, s.IdleTimeout = rdsReadTime, rdsWriteTime, rdsIdleTime
	return httpServer{s, netutil.LimitListener(newHostLimit(l, maxRDSConnectionsPerHost), maxRDSConnections)}
}
