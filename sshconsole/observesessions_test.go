package sshconsole

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

func TestSessionsAreObserved(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return failingHistory{r} })
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.observes(map[string]int{"key accepted": 1})
	for command, want := range map[string]string{
		"list":         "done",
		"register x":   "misunderstood",
		"show 2e4":     "done",
		"dereg":        "misunderstood",
		"deregister 1": "misunderstood",
		"history":      "failed",
	} {
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		_ = session.Run(command)
		l.mu.Lock() // without waiting: it was observed before the exit status was sent
		if l.observed[want] != 1 || len(l.observed) != 1 {
			t.Errorf("%s: %v, want %s", command, l.observed, want)
		}
		clear(l.observed)
		l.mu.Unlock()
	}
	l.hasSessions(0)
	var open []*gossh.Session
	for range defaultLimits.sessionsPerClient {
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, session)
	}
	l.hasSessions(len(open))
	if _, err := client.NewSession(); err == nil {
		t.Error("a session over the limit was opened")
	}
	l.observes(map[string]int{"too_many": 1})
	_ = open[0].Run("deregister 2e4")
	client.Close()
	l.observes(map[string]int{"refused": 1, "unused": len(open) - 1})
	l.hasSessions(0)
}

// goneChannel is a new channel whose client has gone.
type goneChannel struct{ gossh.NewChannel }

func (goneChannel) Accept() (gossh.Channel, <-chan *gossh.Request, error) { return nil, nil, io.EOF }

// clientContext is the context of a client that is logged in.
type clientContext struct {
	ssh.Context
	client *client
}

func (k clientContext) Value(key any) any {
	if key == clientKey {
		return k.client
	}
	return login{}
}

func TestGoneBeforeItsSession(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	near, far := net.Pipe()
	defer far.Close()
	c := l.server.clients.add(near)
	defer c.Close()
	l.server.channel(nil, nil, goneChannel{}, clientContext{client: c})
	l.observes(map[string]int{"unused": 1})
	l.hasSessions(0)
}

func TestPanicsAreObserved(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return panicking{r} })
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(client, "show 2e4", shell.StatusRefused, shell.Failure)
	l.observes(map[string]int{"key accepted": 1, "failed": 1, "panic": 1})
}

// A panic in what only observes a session or a login ends nothing.
func TestPanicsOfObservers(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	l.server.ObserveSession = func(SessionOutcome) { panic("observed") }
	l.server.ObserveLogin = func(Method, LoginOutcome) { panic("observed") }
	l.server.clients.onRefused(ByKey) // as a timer calls it
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(client, "server", shell.StatusDone, "")
}

// WATCH reads phones on a goroutine of its own.
func TestPanicsOfWatchingAreObserved(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return panicking{r} })
	contacts := l.contacts
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	called := make(chan struct{})
	go func() {
		defer close(called)
		for deadline := time.Now().Add(soon); contacts.watched() == 0 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		}
		contacts.call("0004132202E4", store.Redirected)
	}()
	l.runs(client, "watch", shell.StatusRefused, shell.Failure)
	<-called
	l.observes(map[string]int{"key accepted": 1, "failed": 1, "panic": 1})
}

// A command that a rule stops halfway is refused, not failed.
func TestRefusedHalfwayIsObserved(t *testing.T) {
	var whole shell.Registry
	var acme store.AccountID
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry {
		whole = r
		return changeThen{r, func() {
			if acme != 0 {
				_, _ = whole.Change(store.Batch{Audit: store.Audit{Actor: acme}, Owner: acme, Changes: []store.Change{{MAC: macaddr.MustParse("0004132202E6")}}})
			}
		}}
	})
	client := l.login("olga", gossh.PublicKeys(l.newKey("olga")))
	l.runs(client, "register 2e4 --account acme", shell.StatusDone, "")
	l.observes(map[string]int{"key accepted": 1, "done": 1})
	acme = l.account("acme").ID
	l.runs(client, "account remove acme --transfer-to bravo", shell.StatusRefused, "It was not completed")
	l.observes(map[string]int{"refused": 1})
}
