package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"snomredirect/cmd/snomredirect/connlimit"
)

// Limits on unauthenticated clients.
const (
	maxHeader     = 8 << 10
	headerTime    = 5 * time.Second
	requestTime   = 10 * time.Second
	handshakeTime = 10 * time.Second
	phoneIdleTime = 5 * time.Second
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
// HTTP. A connection is kept for further requests, but not while places are scarce, and
// not after a request with a body: whoever sent it may disagree on where that ends, and
// a proxy could take the answer to what follows for another client's.
func newPhoneServer(l *connlimit.Listener, h http.Handler, t *tls.Config) httpServer {
	s := newHTTPServer(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.Crowded() || r.Body != http.NoBody {
			w.Header()["Connection"] = closing
		}
		h.ServeHTTP(w, r)
	}), t)
	s.server.IdleTimeout = phoneIdleTime
	s.server.ConnContext = withConnection
	return s
}

// closing is the value of Connection in an answer that is the last of its connection.
var closing = []string{"close"}

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
		s.underWay.ending.Store(true)
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
