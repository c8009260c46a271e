package sshconsole

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// ECDSA keys log in, and the account's name may be in capitals.
func TestLoginWithECDSA(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		private, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key, err := gossh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		l.does("olga", "account key acme add "+strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key.PublicKey()))))
		l.runs(l.login("ACME", gossh.PublicKeys(key)), "count", 0, "0\n")
	}
	l.runs(l.login("Acme", gossh.Password(l.newPassword("acme"))), "count", 0, "0\n")
}

func TestLogins(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	key, password := l.newKey("acme"), l.newPassword("acme")
	l.runs(l.login("acme", gossh.PublicKeys(key)), "register 2e4", 0, "0004132202E4 registered")
	c := l.login("acme", gossh.Password(password))
	// A line break begins another command; nothing is smuggled into one.
	l.runs(c, "register 2e5 http://a.example/\nuser_pass:x\ncount", shell.StatusMisunderstood, "Unknown command \"user_pass:x\". Type help for help.\n")
	l.runs(c, "show 2e5", 0, "Setting server: http://a.example/ (the phone's own)\n")
	l.runs(c, "register 2e5 'http://b.example/\nuser_pass:x'\ncount", shell.StatusMisunderstood, "A quote is not closed")
	l.runs(c, "deregister 2e5\rcount", shell.StatusMisunderstood, "control character")
	l.runs(c, "show 2e5\nderegister 2e5\n", 0, "Setting server: http://a.example/ (the phone's own)\n")
	l.runs(c, "list", 0, "0004132202E4\n")
	for name, try := range map[string]struct {
		user string
		auth gossh.AuthMethod
	}{
		"another's key":        {"bravo", gossh.PublicKeys(key)},
		"an unknown key":       {"acme", gossh.PublicKeys(newSigner(t))},
		"a wrong password":     {"acme", gossh.Password(password + "x")},
		"an empty password":    {"acme", gossh.Password("")},
		"no password to match": {"bravo", gossh.Password("")},
		"another's password":   {"bravo", gossh.Password(password)},
		"an unknown name":      {"nobody", gossh.Password(password)},
		"no name at all":       {"../x\x1b", gossh.Password(password)},
	} {
		if c, err := l.dial(try.user, try.auth); err == nil {
			t.Errorf("logged in with %s", name)
			c.Close()
		}
	}
	l.does("olga", "account disable acme")
	for _, auth := range []gossh.AuthMethod{gossh.PublicKeys(key), gossh.Password(password)} {
		if _, err := l.dial("acme", auth); err == nil {
			t.Error("logged in to a disabled account")
		}
	}
	if log := l.log.String(); strings.Contains(log, password) || !strings.Contains(log, `msg="login refused" user=nobody`) {
		t.Errorf("the log contains\n%s", log)
	}
}

// offering is a signer that offers one key, and signs with another or not at all.
type offering struct {
	gossh.Signer
	offered gossh.PublicKey
}

func (o offering) PublicKey() gossh.PublicKey { return o.offered }

// Attack: public keys are public. A client offers a key of another account, is told
// that it would be accepted, and then signs with its own.
func TestKeyOfferedIsNotKeyOwned(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	acme, evil := l.newKey("acme"), l.newKey("bravo")
	if c, err := l.dial("acme", gossh.PublicKeys(offering{evil, acme.PublicKey()})); err == nil {
		t.Error("logged in with a signature by another key")
		c.Close()
	}

	// bravo offers a key of its own without signing, and logs in with its password.
	// The session depends on the password: when that changes, the session ends,
	// though the account still has the key.
	password, unsigned := l.newPassword("bravo"), l.newKey("bravo")
	c := l.login("bravo",
		gossh.PublicKeys(offering{failingSigner{evil}, unsigned.PublicKey()}),
		gossh.Password(password))
	l.runs(c, "list", 0, "")
	if log := l.log.String(); !strings.Contains(log, "msg=login account=bravo by=password") {
		t.Errorf("the log contains\n%s", log)
	}
	l.newPassword("bravo")
	l.runs(c, "list", 1, "You are logged out")
}

type failingSigner struct{ gossh.Signer }

func (failingSigner) Sign(io.Reader, []byte) (*gossh.Signature, error) {
	return nil, errors.New("not mine")
}

// A session at the prompt ends when its account or credential is removed.
func TestSessionsEndWithTheirCredential(t *testing.T) {
	for name, remove := range map[string]func(l *lab, key gossh.Signer) string{
		"disabled": func(*lab, gossh.Signer) string { return "account disable acme" },
		"removed":  func(*lab, gossh.Signer) string { return "account remove acme" },
		"key removed": func(_ *lab, k gossh.Signer) string {
			return "account key acme remove " + gossh.FingerprintSHA256(k.PublicKey())
		},
		"password changed": nil,
		"password removed": nil,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, defaultLimits, nil)
			olga := l.login("olga", gossh.PublicKeys(l.newKey("olga")))
			key, password := l.newKey("acme"), l.newPassword("acme")
			kept := l.login("bravo", gossh.PublicKeys(l.newKey("bravo")))
			auth, command := gossh.PublicKeys(key), ""
			switch name {
			case "password changed":
				auth, command = gossh.Password(password), "account password acme"
			case "password removed":
				auth, command = gossh.Password(password), "account password acme remove"
			default:
				command = remove(l, key)
			}
			c := l.login("acme", auth)
			session, err := c.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := session.StdinPipe(); err != nil {
				t.Fatal(err)
			}
			if err := session.Shell(); err != nil {
				t.Fatal(err)
			}
			l.runs(olga, command, 0, "")
			l.ends(c)
			l.runs(kept, "list", 0, "")
		})
	}
}

// An operator who changes its own password gets the answer before it is logged out.
func TestOperatorLogsItselfOut(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	password := l.newPassword("olga")
	c := l.login("olga", gossh.Password(password))
	other := l.terminal(c, 80)
	other.sees("==> ")
	l.runs(c, "account password olga", 0, "")
	l.ends(c) // the other session too
}

// A client can offer six keys.
func TestMaxAuthTries(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	var offers []gossh.Signer
	for range 6 {
		offers = append(offers, newSigner(t))
	}
	if c, err := l.dial("acme", gossh.PublicKeys(append(offers, l.newKey("acme"))...)); err == nil {
		t.Error("the seventh key was tried")
		c.Close()
	}
}

// Password decides about logins by password. It gets the address of the connection
// and a deadline. Why it refuses goes to the log only.
func TestPassword(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	acme := l.account("acme")
	acme.PasswordHash = "hash"
	for name, c := range map[string]struct {
		password func() (store.Account, error) // if nil, Config.Password is nil
		ok       bool
		log      string
	}{
		"accepts":    {func() (store.Account, error) { return acme, nil }, true, "msg=login account=acme by=password"},
		"refuses":    {func() (store.Account, error) { return store.Account{}, store.ErrDenied }, false, `by=password why="wrong name or password"`},
		"is busy":    {func() (store.Account, error) { return store.Account{}, store.ErrBusy }, false, `by=password why="too many are waiting"`},
		"fails":      {func() (store.Account, error) { return store.Account{}, errors.New("no disk") }, false, `level=ERROR msg="login failed" error="no disk"`},
		"panics":     {func() (store.Account, error) { panic("no disk") }, false, `msg=panic in=login error="no disk"`},
		"is not set": {nil, false, `msg="login refused" user=acme`},
	} {
		var log syncBuffer
		config := Config{Shell: l.server.Shell, Accounts: l.registry, HostKey: l.server.HostKey, Log: slog.New(slog.NewTextHandler(&log, nil))}
		if c.password != nil {
			config.Password = func(ctx context.Context, user, password string, from netip.Addr) (store.Account, error) {
				if _, bounded := ctx.Deadline(); user != "acme" || password != "secret" || !from.IsLoopback() || !bounded {
					t.Errorf("%s: called with %s, %s, from %v, deadline %v", name, user, password, from, bounded)
				}
				return c.password()
			}
		}
		s := NewServer(config)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(listener) }()
		client, err := gossh.Dial("tcp", listener.Addr().String(), &gossh.ClientConfig{
			User: "acme", Auth: []gossh.AuthMethod{gossh.Password("secret")}, HostKeyCallback: gossh.InsecureIgnoreHostKey()})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			client.Close()
		}
		s.Shutdown(t.Context())
		if err := <-served; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), c.log) {
			t.Errorf("%s: log %q does not contain %q", name, &log, c.log)
		}
	}
}
