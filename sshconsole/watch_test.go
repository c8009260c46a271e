package sshconsole

import (
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// WATCH shows contacts of the caller's own phones until q or Ctrl-C.
func TestWatch(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	contacts := l.contacts
	key := gossh.PublicKeys(l.newKey("acme"))
	l.does("acme", "register 2e4 2e5")
	l.does("bravo", "register 301")
	c := l.login("acme", key)
	e := l.terminal(c, 200)
	e.sees("==> ")
	begins := func() {
		for deadline := time.Now().Add(soon); contacts.watched() == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("WATCH does not begin")
			}
		}
	}
	ends := func() {
		e.sees("==> ")
		if contacts.watched() > 0 {
			t.Error("WATCH does not end")
		}
	}
	e.types("watch\r")
	begins()
	for range 3 * 256 { // bravo's contacts are not shown, and not counted as missed
		contacts.call("000413220301", store.Redirected)
	}
	contacts.call("0004132202E6", store.Unregistered) // not registered
	contacts.call("0004132202E4", store.Redirected)
	e.sees("watch\r\nWatching your phones: press q or Ctrl-C to stop.\r\n20")
	e.sees(" UTC 0004132202E4 from 192.0.2.20: snom360 with firmware 7.3.14, redirected\r\n")
	e.types("q")
	if strings.Contains(e.screen.String(), "missed") {
		t.Error(e.screen.String())
	}
	ends()
	e.types("watch 2e5\r")
	begins()
	contacts.call("0004132202E4", store.Redirected)
	contacts.call("0004132202E5", store.Redirected)
	e.sees("watch 2e5\r\nWatching 0004132202E5 while it is yours: press q or Ctrl-C to stop.\r\n20")
	e.sees(" UTC 0004132202E5 ")
	e.types("\x03")
	ends()
	e.types("watch 2e6\r")
	begins()
	contacts.call("0004132202E6", store.Unregistered)
	e.sees("watch 2e6\r\nWatching 0004132202E6, which is not registered: press q or Ctrl-C to stop.\r\n20")
	e.sees(" UTC 0004132202E6 snom360 with firmware 7.3.14, unregistered\r\n") // as in SHOW, not from where
	e.types("q")
	ends()
	e.types("watch 301\r")
	begins()
	contacts.call("000413220301", store.Redirected)
	e.sees("Watching 000413220301 while it is yours, but now another account has it: press q or Ctrl-C to stop.\r\n")
	e.types("q")
	e.sees("==> ")
	e.types("watch --unregistered\r")
	e.sees("is for operators.\r\n==> ")

	o := l.terminal(l.login("olga", gossh.PublicKeys(l.newKey("olga"))), 200)
	o.sees("==> ")
	o.types("watch --unregistered --json\r")
	begins()
	contacts.call("0004132202E4", store.Redirected)
	contacts.call("0004132202E6", store.Unregistered)
	o.sees("--json\r\n{\"notice\":\"Watching unregistered phones: press q or Ctrl-C to stop.\"}\r\n{\"mac\":\"0004132202E6\",")
	o.sees(`"answer":"unregistered"}`)

	// A running WATCH does not delay Shutdown.
	begun := time.Now()
	l.server.Shutdown(t.Context())
	if took := time.Since(begun); took > soon {
		t.Errorf("Shutdown took %v", took)
	}
}
