package sshconsole

import (
	"io"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
)

// If the connection breaks during a list, the next login is told.
func TestInterruptedList(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	key := gossh.PublicKeys(l.newKey("acme"))
	broken := l.login("acme", key)
	session, err := broken.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("register -"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, strings.Repeat("0004132202E4\n", 100)+"000413"); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(soon)
	for acme := l.account("acme").ID; ; time.Sleep(time.Millisecond) { // until the list is being read
		if time.Now().After(deadline) {
			t.Fatal("the job does not begin")
		}
		if all, err := l.registry.Jobs(acme); err != nil {
			t.Fatal(err)
		} else if len(all) > 0 {
			break
		}
	}
	broken.Close()
	l.releases()
	c := l.login("acme", key)
	e := l.terminal(c, 80)
	e.sees("Welcome, acme!")
	e.sees("was interrupted: nothing was done.\r\n==> ")
	l.runs(c, "count", 0, "0\n")
}

// A client that stops reading and then goes ends its command.
func TestCallerGoes(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return slow{r} })
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("list"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	l.releases()
}

// Requests that no normal client sends are refused, and block nothing.
func TestOddRequests(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	ch, requests, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go gossh.DiscardRequests(requests)
	for _, r := range []struct {
		kind, payload string
		want          bool
	}{
		{"window-change", strings.Repeat("\x00", 16), false}, // no terminal yet
		{"pty-req", "", false},
		{"pty-req", "\xff\xff\xff\xfe" + strings.Repeat("\x00", 30), false},
		{"exec", "\xff\xff\xff\xfelist", false},
		{"signal", "\x00\x00\x00\x03INT", false},
		{"pty-req", "\x00\x00\x00\x05xterm" + strings.Repeat("\xff", 16) + "\x00\x00\x00\x00", true},
		{"window-change", "\x00", false},
		{"window-change", strings.Repeat("\x00", 16), true},
		{"window-change", strings.Repeat("\xff", 16), true},
		{"window-change", strings.Repeat("\x7f", 16), true},
		{"shell", "", true},
		{"shell", "", false},
		{"exec", "\x00\x00\x00\x04list", false},
		{"pty-req", "\x00\x00\x00\x05xterm" + strings.Repeat("\xff", 16) + "\x00\x00\x00\x00", false},
	} {
		if ok, err := ch.SendRequest(r.kind, true, []byte(r.payload)); ok != r.want || err != nil {
			t.Errorf("%s %q: %v, %v", r.kind, r.payload, ok, err)
		}
	}
	c.Close()
	l.releases()
	if log := l.log.String(); strings.Contains(log, "msg=panic") {
		t.Errorf("the log contains\n%s", log)
	}
}

// A session without a request for a shell or a command is closed after requestTime.
func TestSessionWithoutRequest(t *testing.T) {
	quick := defaultLimits
	quick.requestTime = time.Second
	l := newLab(t, quick, nil)
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	ch, requests, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go gossh.DiscardRequests(requests)
	ended := make(chan error, 1)
	go func() {
		_, err := ch.Read(make([]byte, 1))
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != io.EOF {
			t.Error(err)
		}
	case <-time.After(soon):
		t.Fatal("the session stays open")
	}

	// With a shell it stays open.
	e := l.terminal(c, 80)
	e.sees("==> ")
	time.Sleep(quick.requestTime + 100*time.Millisecond)
	e.types("list\rbye\r")
	e.leaves(0)
}

func TestPanicEndsOnlyItsSession(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return panicking{r} })
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(c, "show 2e4", shell.StatusRefused, "Internal error")
	l.runs(c, "list", 0, "")
	if log := l.log.String(); strings.Count(log, "msg=panic") != 1 || !strings.Contains(log, "/data/secret") {
		t.Errorf("the log contains\n%s", log)
	}
}

func TestPanicRefusesLogin(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return panickingLogin{r} })
	key := l.newKey("acme")
	for _, auth := range []gossh.AuthMethod{gossh.PublicKeys(key), gossh.Password("x")} {
		if _, err := l.dial("acme", auth); err == nil {
			t.Error("logged in")
		}
	}
}

func TestOnlySessions(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	for _, kind := range []string{"direct-tcpip", "forwarded-tcpip", "x11", "auth-agent@openssh.com", "tun@openssh.com"} {
		if _, _, err := c.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel %s was opened", kind)
		}
	}
	if ok, _, err := c.SendRequest("tcpip-forward", true, gossh.Marshal(struct {
		A string
		P uint32
	}{"127.0.0.1", 0})); ok || err != nil {
		t.Errorf("forwarding: %v, %v", ok, err)
	}
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{"auth-agent-req@openssh.com", "x11-req", "subsystem"} {
		if ok, err := session.SendRequest(request, true, gossh.Marshal(struct{ S string }{"netconf"})); ok || err != nil {
			t.Errorf("request %s: %v, %v", request, ok, err)
		}
	}
	if err := session.Setenv("X", "1"); err == nil {
		t.Error("an environment variable was accepted")
	}
	out, err := session.Output("list")
	if err != nil {
		t.Errorf("after refusals: %q, %v", out, err)
	}
}

// Requests of features that the console has not are refused, however many and however
// large they are, and leave nothing behind.
func TestRefusedRequests(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	for _, kind := range []string{"direct-streamlocal@openssh.com", "forwarded-streamlocal@openssh.com", "sftp"} {
		if _, _, err := c.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel %s was opened", kind)
		}
	}
	ch, requests, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go gossh.DiscardRequests(requests)
	payload := gossh.Marshal(struct{ Name, Value string }{"LANG", strings.Repeat("x", 30000)})
	global := []string{"tcpip-forward", "cancel-tcpip-forward", "streamlocal-forward@openssh.com", "hostkeys-prove-00@openssh.com", "keepalive@openssh.com", "x"}
	ofSession := []string{"subsystem", "auth-agent-req@openssh.com", "x11-req", "env", "break", "signal", "xon-xoff", "keepalive@openssh.com", "x"}
	for range 100 {
		for _, kind := range global {
			if ok, _, err := c.SendRequest(kind, true, payload); ok || err != nil {
				t.Fatalf("%s: %v, %v", kind, ok, err)
			}
		}
		for _, kind := range ofSession {
			if ok, err := ch.SendRequest(kind, true, payload); ok || err != nil {
				t.Fatalf("%s of a session: %v, %v", kind, ok, err)
			}
		}
	}
	l.runs(c, "list", 0, "")
	c.Close()
	l.releases()
}
