package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// Limits on unauthenticated clients.
const (
	maxHeader     = 8 << 10
	headerTime    = 5 * time.Second
	requestTime   = 10 * time.Second
	handshakeTime = 10 * time.Second
)

// An httpServer is an HTTP server and the listener that it serves.
type httpServer struct {
	server   *http.Server
	listener net.Listener
}

// newPhoneServer returns a server of h to phones. If t is nil, it speaks plain
// HTTP. A connection carries one request, since a phone has only one.
func newPhoneServer(l net.Listener, h http.Handler, t *tls.Config) httpServer {
	s := newHTTPServer(h, t)
	s.SetKeepAlivesEnabled(false)
	s.ConnContext = withConnection
	return httpServer{s, l}
}

// newHTTPServer returns what the servers for phones, RDS and metrics have in
// common. Their ErrorLog is set when all are known.
func newHTTPServer(h http.Handler, t *tls.Config) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	s := &http.Server{
		Handler:                      h,
		TLSConfig:                    t,
		Protocols:                    &protocols,
		ReadHeaderTimeout:            headerTime,
		ReadTimeout:                  requestTime,
		WriteTimeout:                 requestTime,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
	}
	if t != nil {
		s.ReadHeaderTimeout = handshakeTime // net/http bounds the handshake by it
	}
	return s
}

// serve accepts connections until shutdown.
func (s httpServer) serve() (err error) {
	if s.server.TLSConfig != nil {
		err = s.server.ServeTLS(s.listener, "", "")
	} else {
		err = s.server.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdown stops accepting connections and waits for requests to finish. When ctx
// ends it closes their connections.
func (s httpServer) shutdown(ctx context.Context) error {
	if s.server.Shutdown(ctx) != nil {
		return s.server.Close()
	}
	return nil
}
