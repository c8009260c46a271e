package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"snomredirect/redirect/rds"
	"snomredirect/store"
)

// Limits on clients of the XML-RPC API. Partners' tools send one call for each
// phone on the same connection, and may send and get long lists.
const (
	rdsReadTime  = 30 * time.Second
	rdsWriteTime = 2 * time.Minute // from the end of the header
	rdsIdleTime  = 2 * time.Minute
)

// newRDSTLS returns the TLS configuration of the XML-RPC API: with the service's
// own certificate or, if it has none, a self-signed one that is made once in the
// data folder. For plain HTTP it returns nil.
func (v *service) newRDSTLS(ctx context.Context) (*tls.Config, error) {
	s, own := v.flags, v.certificate
	switch {
	case s.RDS == "" || s.RDSPlain:
		return nil, nil
	case own != nil:
		return newTLSConfig(own, nil), nil
	}
	file := filepath.Join(s.Data, "rds")
	if v.node != nil {
		if err := v.shareRDS(ctx, file); err != nil {
			return nil, fmt.Errorf("--rds: %w", err)
		}
	}
	pair, err := selfSigned(file, s.PublicName)
	if err != nil {
		return nil, fmt.Errorf("--rds: %w", err)
	}
	v.log.Info("the certificate of --rds is self-signed: tools need its file or its fingerprint", "file", file+".pem", "sha256", fingerprint(pair))
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// newRDSServer returns a server of the XML-RPC API, in the handler that around returns. If
// t is nil, it speaks plain HTTP. Connections with an authenticated call are the last to make room for others.
func newRDSServer(l net.Listener, c rds.Config, t *tls.Config, around func(http.Handler) http.Handler) httpServer {
	login := c.Login
	c.Login = func(ctx context.Context, name, password string, from netip.Addr) (store.Account, error) {
		a, err := login(ctx, name, password, from)
		if conn := connectionOf(ctx); err == nil && conn != nil {
			conn.Prove()
		}
		return a, err
	}
	s := newHTTPServer(l, around(rds.New(c)), t)
	s.server.ConnContext = withConnection
	s.server.ReadTimeout, s.server.WriteTimeout, s.server.IdleTimeout = rdsReadTime, rdsWriteTime, rdsIdleTime
	return s
}
