package sshconsole

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// Bounds of what the log quotes of clients that are not logged in, in bytes.
const (
	maxUser = 64
	maxWhy  = 300 // the names of algorithms that a client offers
)

// cut returns the beginning of what a client sent.
func cut(s string, n int) string { return s[:min(len(s), n)] }

// authTried is called after each attempt to log in; err is why it failed.
func (s *Server) authTried(ctx ssh.Context, conn gossh.ConnMetadata, method string, err error) {
	c := ctx.Value(clientKey).(*client)
	user := cut(conn.User(), maxUser)
	s.clients.tried(c, user)
	if err != nil {
		switch method {
		case "publickey": // also of an algorithm that is not accepted, which calls no other callback
			s.clients.offered(c, ByKey)
			s.clients.keyRefused(c)
		case "password", "keyboard-interactive":
			if errors.Is(err, errNoAnswer) {
				return // it offered nothing
			}
			// A wrong password has cost its time; other refusals cost a client nothing.
			level := slog.LevelInfo
			if !errors.Is(err, store.ErrDenied) && !s.LogRefusal(store.ClientAddr(conn.RemoteAddr().String())) {
				level = slog.LevelDebug
			}
			s.Log.Log(ctx, level, "login refused", "user", user, "from", conn.RemoteAddr().String(), "by", string(ByPassword), "why", err)
		}
		return
	}
	l := ctx.Value(loginKey).(login)
	outcome := s.clients.logIn(c, l)
	switch outcome {
	case "":
		return
	case LoginTooMany:
		s.Log.Warn("login refused: too many connections of this account", "account", l.name, "from", conn.RemoteAddr().String())
	default:
		s.LoggedIn(c.Conn, l.account)
		s.Log.Info("login", "account", l.name, "by", l.credential(), "from", conn.RemoteAddr().String())
	}
	s.observeLogin(l.method(), outcome)
}

// connectionFailed logs why a connection ended without a login. The keys that were
// refused are in one line, because a client offers its keys one after another.
func (s *Server) connectionFailed(c *client, err error) {
	t, from := s.clients.trace(c), c.RemoteAddr().String()
	log := func(allow func(netip.Addr) bool, message string, attrs ...any) {
		level := slog.LevelDebug // also for a check whether the port is open, which sends nothing
		if t.heard && allow(store.ClientAddr(from)) {
			level = slog.LevelInfo
		}
		s.Log.Log(context.Background(), level, message, attrs...)
	}
	switch {
	case t.failed: // which is logged, and no reason to block the client
	case len(t.keys) > 0:
		log(s.LogRefusal, "login refused", "user", t.user, "from", from, "by", "key", "keys", strings.Join(t.keys, " "), "why", "wrong name or key")
	case t.method == ByKey && !isDisconnect(err): // it offered a key of the account and sent a wrong signature
		log(s.LogRefusal, "login refused", "user", t.user, "from", from, "by", "key", "why", cut(err.Error(), maxWhy))
	case t.method == "" && !t.tried:
		why := cut(err.Error(), maxWhy)
		if errors.Is(err, io.EOF) {
			why = "the client disconnected"
		}
		log(s.LogNegotiation, "SSH negotiation failed", "from", from, "why", why)
	}
}

// isDisconnect reports whether err says that a client has disconnected, or was
// disconnected, while it could log in.
func isDisconnect(err error) bool {
	var login *gossh.ServerAuthError
	var network *net.OpError
	return errors.As(err, &login) || errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF)
}

// A trace is what is known of a client that is not logged in.
type trace struct {
	heard  bool     // it has sent something
	tried  bool     // it has tried to log in, if only to learn how
	method Method   // of the last credential that it offered
	user   string   // the last name that it gave
	keys   []string // the refused keys: fingerprints, or why there is none
	failed bool     // an account could not be looked up
}

// unknownAlgorithm stands for a key whose algorithm is not accepted.
const unknownAlgorithm = "other-algorithm"

// trace returns what is known of c.
func (cs *clients) trace(c *client) trace {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return trace{c.heard.Load(), c.tried, c.method, c.user, slices.Clone(c.refusedKeys), c.failed}
}

// tried records that a client has tried to log in as a user.
func (cs *clients) tried(c *client, user string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.tried, c.user = true, user
}

// lookUpFailed records that the account of a client could not be looked up.
func (cs *clients) lookUpFailed(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.failed = true
}

// keyUnknown records that the account has no key with a fingerprint. keyRefused
// follows.
func (cs *clients) keyUnknown(c *client, fingerprint string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.unknownKey = fingerprint
}

// keyRefused records that the last key that a client offered was refused. Further
// ones than a client can offer are not recorded.
func (cs *clients) keyRefused(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	key := c.unknownKey
	if key == "" {
		key = unknownAlgorithm
	}
	if c.unknownKey = ""; len(c.refusedKeys) < maxTries {
		c.refusedKeys = append(c.refusedKeys, key)
	}
}
