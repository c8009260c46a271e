package sshconsole

import (
	"context"
	"errors"
	"log/slog"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// A login is how a connection was let in: by a key of the account or by its
// password. It is good for as long as the account has that credential.
type login struct {
	account  store.AccountID
	name     store.Name
	key      string             // the fingerprint, or ""
	password store.PasswordHash // the hash that the password matched, or ""
}

// by tells the credential, for the log.
func (l login) by() string {
	if l.key != "" {
		return l.key
	}
	return "password"
}

func (l login) method() Method {
	if l.key != "" {
		return ByKey
	}
	return ByPassword
}

// good reports whether a, the account as it stands, would still let l in.
func (l login) good(a store.Account) bool {
	if a.Disabled {
		return false
	}
	if l.key != "" {
		_, ok := a.Key(l.key)
		return ok
	}
	return l.password != "" && a.PasswordHash == l.password
}

// lookUp returns the account that a client wants to log in to. The zero account
// stands for none, and lets nobody in.
func lookUp(accounts Accounts, log *slog.Logger, user string) store.Account {
	name, err := store.ParseName(user)
	if err != nil {
		return store.Account{}
	}
	a, err := accounts.AccountNamed(name)
	if err != nil {
		if !errors.Is(err, store.ErrNoAccount) {
			log.Error("login", "error", err)
		}
		return store.Account{}
	}
	return a
}

// byKey returns the login that a key gives to a, if it is one of a's. A client
// that offers a key has not shown yet that it is its own.
func byKey(a store.Account, key gossh.PublicKey) (login, bool) {
	for _, k := range a.Keys {
		if k.Is(key) {
			return login{account: a.ID, name: a.Name, key: k.Fingerprint()}, !a.Disabled
		}
	}
	return login{}, false
}

// byPassword returns the login that conn's name and a password give.
func (s *Server) byPassword(conn gossh.ConnMetadata, password string) (login, error) {
	if s.Password == nil {
		return login{}, store.ErrDenied
	}
	// A client that has gone is not noticed while it waits; it had no longer.
	ctx, cancel := context.WithTimeout(s.stopping, s.clients.limits.loginTime)
	defer cancel()
	a, err := s.Password(ctx, conn.User(), password, store.ClientAddr(conn.RemoteAddr().String()))
	if err != nil && !errors.Is(err, store.ErrDenied) && !errors.Is(err, store.ErrBusy) && ctx.Err() == nil {
		s.Log.Error("login", "error", err)
	}
	return login{account: a.ID, name: a.Name, password: a.PasswordHash}, err
}
