package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
)

// Limits on what strangers may take up.
const (
	maxHTTPConnections = 8192
	maxHeader          = 8 << 10
	headerTime         = 5 * time.Second
	requestTime        = 10 * time.Second

	// A connection over TLS takes some 50 KiB, and most of a millisecond of a
	// core where the certificate's key is RSA. So many are through before their
	// time is over; further ones wait to be accepted, where no time runs.
	maxHTTPSConnections = 2048
	handshakeTime       = 10 * time.Second
)

// A httpServer is a listener at which phones or tools ask.
type httpServer struct {
	server   *http.Server
	listener net.Listener
}

// newPhoneServer serves h at l within the limits; over TLS, where t is not nil. A
// connection carries one question, as phones have one.
func newPhoneServer(l net.Listener, h http.Handler, t *tls.Config, log *slog.Logger) httpServer {
	s := webServer(h, t, log)
	s.SetKeepAlivesEnabled(false)
	most := maxHTTPConnections
	if t != nil {
		most = maxHTTPSConnections
	}
	return httpServer{s, netutil.LimitListener(l, most)}
}

// webServer is what all doors of HTTP have in common.
func webServer(h http.Handler, t *tls.Config, log *slog.Logger) *http.Server {
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
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what strangers do wrong
	}
	if t != nil {
		s.ReadHeaderTimeout = handshakeTime // the library bounds a handshake by that
	}
	return s
}

// serve answers until shutdown.
func (d httpServer) serve() (err error) {
	if d.server.TLSConfig != nil {
		err = d.server.ServeTLS(d.listener, "", "")
	} else {
		err = d.server.Serve(d.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdown lets what is under way end, until ctx does.
func (d httpServer) shutdown(ctx context.Context) error {
	if d.server.Shutdown(ctx) != nil {
		return d.server.Close()
	}
	return nil
}

// An address is where a door is to be, by the name of its flag; "" is nowhere.
type address struct{ name, at string }

// listeners are those of all doors that are open, in order.
type listeners []listener

type listener struct {
	net.Listener
	name string
}

// listen opens all or none.
func listen(addresses ...address) (ls listeners, err error) {
	for _, a := range addresses {
		if a.at == "" {
			continue
		}
		l, err := net.Listen("tcp", a.at)
		switch unreadable := (*net.AddrError)(nil); {
		case errors.As(err, &unreadable):
			err = fmt.Errorf("--%s %s: expected host:port or :port: %w", a.name, a.at, errUsage)
		case errors.Is(err, syscall.EADDRINUSE):
			err = fmt.Errorf("--%s %s: in use by another program", a.name, a.at)
		case err != nil:
			err = fmt.Errorf("--%s %s: %w", a.name, a.at, err)
		}
		if err != nil {
			ls.close()
			return nil, err
		}
		ls = append(ls, listener{l, a.name})
	}
	return ls, nil
}

// on returns the listener of that name, or nil where there is none.
func (ls listeners) on(name string) net.Listener {
	for _, l := range ls {
		if l.name == name {
			return l.Listener
		}
	}
	return nil
}

// addresses are where they listen, for the log.
func (ls listeners) addresses() (of []any) {
	for _, l := range ls {
		of = append(of, l.name, l.Addr().String())
	}
	return of
}

func (ls listeners) close() {
	for _, l := range ls {
		l.Close()
	}
}
