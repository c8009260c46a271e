package sshconsole

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// An operator sees who is logged in and what they do, and ends a session, whose client
// is told why.
func TestWho(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	key := gossh.PublicKeys(l.newKey("acme"))
	l.does("acme", "register 2e4")
	partner := l.login("acme", key)
	e := l.terminal(partner, 80)
	e.sees("==> ")
	e.types("who\r")
	e.sees("WHO is for operators.")
	o := l.terminal(l.login("olga", gossh.PublicKeys(l.newKey("olga"))), 200)
	o.sees("==> ")
	o.types("who\r")
	o.sees("  acme  127.0.0.1  20")
	o.sees("at the prompt\r\n")
	o.sees("WHO (this session)\r\n")
	e.types("watch\r")
	e.sees("press q or Ctrl-C to stop.")
	o.types("who --json\r")
	o.sees(`"command":"WATCH"}`)
	o.types("who end x\r")
	o.sees("expected the number of a session, as WHO shows it.")
	o.types("who end 999\r")
	o.sees("There is no session 999: WHO shows the sessions.")

	var id string
	for line := range strings.Lines(o.screen.String()) {
		if strings.Contains(line, `"account":"acme"`) {
			_, id, _ = strings.Cut(line, `{"id":`)
			id, _, _ = strings.Cut(id, ",")
		}
	}
	o.types("who end " + id + " --dry-run\r")
	o.sees("Dry run: Session " + id + " would be ended.")
	o.types("who end " + id + " Call us\\e about your phones\r")
	o.sees("Session " + id + " ended.")
	e.sees("\r\nClosed by an operator: Call us")
	l.ends(partner)
	if got := l.log.String(); !strings.Contains(got, "who end "+id+" Call us") {
		t.Errorf("not logged:\n%s", got)
	}
	o.types("who --json\r")
	o.sees(`"account":"olga"`)
}

// Whoever can no longer log in is told why before the connection closes.
func TestGoodbye(t *testing.T) {
	for want, change := range map[string]func(*store.Account){
		"Closed: this account was disabled.":                          func(a *store.Account) { a.Disabled = true },
		"Closed: the key of this login was removed from the account.": func(a *store.Account) { a.Keys = nil },
	} {
		l := newLab(t, defaultLimits, nil)
		c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
		e := l.terminal(c, 80)
		e.sees("==> ")
		a, err := l.registry.AccountNamed("acme")
		if err == nil {
			_, err = l.registry.UpdateAccount(store.Audit{}, false, a.ID, func(a *store.Account) error { change(a); return nil })
		}
		if err != nil {
			t.Fatal(err)
		}
		l.server.clients.recheck(l.registry, nil)
		e.sees("\r\n" + want + "\r\n")
		l.ends(c)
	}
	if got := (login{}).whyEnded(store.Account{}); got != "Closed: this account was removed." {
		t.Error(got)
	}
	if got := (login{password: "x"}).whyEnded(store.Account{ID: 1, PasswordHash: "y"}); got != "Closed: the password of this login was changed or removed." {
		t.Error(got)
	}
}
