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
	stop     func() // stops the listener, which then ends serve; nil if it can't be stopped
	underWay *underWay
	served   chan struct{} // closed when serve has returned
}

// newPhoneServer returns a server of h to phones. If t is nil, it speaks plain
// HTTP. A connection carries one request, since a phone has only one.
func newPhoneServer(l net.Listener, h http.Handler, t *tls.Config) httpServer {
	s := newHTTPServer(l, h, t)
	s.server.SetKeepAlivesEnabled(false)
	s.server.ConnContext = withConnection
	return s
}

// newHTTPServer returns what the servers for phones, RDS and metrics have in
// common. Their ErrorLog is set when all are known.
func newHTTPServer(l net.Listener, h http.Handler, t *tls.Config) httpServer {
	u := &underWay{states: map[net.Conn]http.ConnState{}}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	s := &http.Server{
		Handler:                      u.handler(h),
		ConnState:                    u.changed,
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
	return httpServer{server: s, listener: l, underWay: u, served: make(chan struct{})}
}

// serve accepts connections until shutdown.
func (s httpServer) serve() (err error) {
	defer close(s.served)
	if s.server.TLSConfig != nil {
		err = s.server.ServeTLS(s.listener, "", "")
	} else {
		err = s.server.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// shutdown lets those who have connected send their requests, and waits for the answers.
// When ctx ends it closes their connections.
func (s httpServer) shutdown(ctx context.Context) error {
	if s.stop != nil {
		s.stop()
		select {
		case <-s.served:
			s.underWay.end(ctx)
		case <-ctx.Done():
		}
	}
	if s.server.Shutdown(ctx) != nil {
		return s.server.Close()
	}
	return nil
}
