package sshconsole

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// A login records which account a connection is logged in to, and by which
// credential. It is valid for as long as the account has that credential.
type login struct {
	account  store.AccountID
	name     store.Name
	key      string             // its fingerprint, or ""
	password store.PasswordHash // the hash that the password matched, or ""
}

// credential returns the key's fingerprint, or "password".
func (l login) credential() string {
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

// valid reports whether a, the account as it is now, still has the credential of l
// and is enabled.
func (l login) valid(a store.Account) bool {
	if a.Disabled {
		return false
	}
	if l.key != "" {
		_, ok := a.Key(l.key)
		return ok
	}
	return l.password != "" && a.PasswordHash == l.password
}

// lookUp returns the account that a client wants to log in to, by its name in any
// case. If it does not exist, or the store fails, lookUp returns the zero account,
// which nobody can log in to. failed reports whether the store did, which is logged.
func lookUp(accounts Accounts, log *slog.Logger, user string) (a store.Account, failed bool) {
	name, err := store.ParseName(strings.ToLower(user))
	if err != nil {
		return store.Account{}, false
	}
	a, err = accounts.AccountNamed(name)
	switch {
	case err == nil:
		return a, false
	case errors.Is(err, store.ErrNoAccount):
		return store.Account{}, false
	}
	log.Error("login failed", "error", err)
	return store.Account{}, true
}

// byKey returns the login to a with a key, and whether a has that key and is
// enabled. It does not prove that the client has the key.
func byKey(a store.Account, key gossh.PublicKey) (login, bool) {
	for _, k := range a.Keys {
		if k.Is(key) {
			return login{account: a.ID, name: a.Name, key: k.Fingerprint()}, !a.Disabled
		}
	}
	return login{}, false
}

// byPassword returns the login with a password to the account that conn names.
func (s *Server) byPassword(conn gossh.ConnMetadata, password string) (login, error) {
	if s.Password == nil {
		return login{}, store.ErrDenied
	}
	// While the check waits, nothing notices that the client has gone. After
	// loginTime the connection is closed in any case.
	ctx, cancel := context.WithTimeout(s.stopping, s.clients.limits.loginTime)
	defer cancel()
	a, err := s.Password(ctx, conn.User(), password, store.ClientAddr(conn.RemoteAddr().String()))
	if err != nil && !errors.Is(err, store.ErrDenied) && !errors.Is(err, store.ErrBusy) && ctx.Err() == nil {
		s.Log.Error("login failed", "error", err)
	}
	return login{account: a.ID, name: a.Name, password: a.PasswordHash}, err
}

// errNoAnswer means that a client did not answer the question for its password: it
// closed the connection, or took until loginTime, or sent something else.
var errNoAnswer = errors.New("no answer")

// askPassword returns a client's answer to a question for its password. Some clients
// know only this way, keyboard-interactive, to log in with a password.
func askPassword(challenge gossh.KeyboardInteractiveChallenge) (string, error) {
	answers, err := challenge("", "", []string{"Password: "}, []bool{false})
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return answers[0], nil // there are as many answers as questions
}
