package sshconsole

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

func (l *lab) observe(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.observed[what]++
}

// observes waits until that and no more has been observed since it was asked
// last.
func (l *lab) observes(want map[string]int) {
	l.Helper()
	var got map[string]int
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		l.mu.Lock()
		if got = maps.Clone(l.observed); maps.Equal(got, want) {
			clear(l.observed)
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
	}
	l.Errorf("observed %v, want %v", got, want)
}

// hasSessions waits until so many are open: one is for a moment after its client
// has seen it end.
func (l *lab) hasSessions(want int) {
	l.Helper()
	for deadline := time.Now().Add(soon); l.server.Sessions() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.Fatalf("%d sessions, want %d", l.server.Sessions(), want)
		}
	}
}

// newNISTSigner returns a key of a kind that the console does not take.
func newNISTSigner(t *testing.T) gossh.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// A login is one connection's, whatever it tries on the way.
func TestLoginsAreObserved(t *testing.T) {
	limits := defaultLimits
	limits.clientsPerAccount = 1
	l := newLab(t, limits, nil)
	key, password := gossh.PublicKeys(l.newKey("acme")), gossh.Password(l.newPassword("acme"))
	strange, wrong := gossh.PublicKeys(newSigner(t), newSigner(t)),
		gossh.RetryableAuthMethod(gossh.Password("wrong"), 3)
	for _, c := range []struct {
		offers []gossh.AuthMethod
		want   string
	}{
		{[]gossh.AuthMethod{key}, "key accepted"},
		{[]gossh.AuthMethod{password}, "password accepted"},
		{[]gossh.AuthMethod{strange, password}, "password accepted"},
		{[]gossh.AuthMethod{wrong, key}, "key accepted"},
		{[]gossh.AuthMethod{strange}, "key refused"},
		{[]gossh.AuthMethod{wrong}, "password refused"},
		{[]gossh.AuthMethod{strange, wrong}, "password refused"},
		{[]gossh.AuthMethod{gossh.PublicKeys(offering{newSigner(t), l.newKey("acme").PublicKey()})}, "key refused"},
		{[]gossh.AuthMethod{gossh.PublicKeys(newNISTSigner(t))}, "key refused"},
		{[]gossh.AuthMethod{wrong, gossh.PublicKeys(newNISTSigner(t))}, "key refused"},
		{nil, ""}, // one that offers nothing tries no login
	} {
		client, err := l.dial("acme", c.offers...)
		if err == nil {
			client.Close()
			l.forgets()
		}
		want := map[string]int{}
		if c.want != "" {
			want[c.want] = 1
		}
		l.observes(want)
	}
	first := l.login("acme", key)
	second, err := l.dial("acme", password)
	if err == nil {
		l.ends(second)
	}
	first.Close()
	l.observes(map[string]int{"key accepted": 1, "password too_many": 1})
}

// A connection may end, by the time it has to log in or with the service, while
// what it has offered is judged: its login was refused, and that is all.
func TestEndedWhileJudged(t *testing.T) {
	var refused []Method
	cs := newClients(defaultLimits, func(m Method) { refused = append(refused, m) })
	near, far := net.Pipe()
	defer far.Close()
	c := cs.add(near)
	cs.offered(c, ByPassword)
	c.Close()
	if got := cs.logIn(c, login{account: 1}); got != "" || !slices.Equal(refused, []Method{ByPassword}) || c.loggedIn {
		t.Errorf("%q after %v, %v", got, refused, c.loggedIn)
	}
	c.Close()
	if len(refused) != 1 {
		t.Errorf("%v", refused)
	}
}

// failingHistory is a store that can't read its history.
type failingHistory struct{ shell.Registry }

func (failingHistory) History(store.AccountID, macaddr.Addr, store.Mark, int) ([]store.Entry, error) {
	return nil, errors.New("disk on fire")
}

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
		l.mu.Lock() // it is there once the exit status is
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
		t.Error("one too many was opened")
	}
	l.observes(map[string]int{"too_many": 1})
	_ = open[0].Run("deregister 2e4")
	client.Close()
	l.observes(map[string]int{"refused": 1, "unused": len(open) - 1})
	l.hasSessions(0)
}

// goneChannel is one whose client went when it had asked for a session.
type goneChannel struct{ gossh.NewChannel }

func (goneChannel) Accept() (gossh.Channel, <-chan *gossh.Request, error) { return nil, nil, io.EOF }

// knowing is a context that knows a client.
type knowing struct {
	ssh.Context
	client *client
}

func (k knowing) Value(key any) any {
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
	l.server.channel(nil, nil, goneChannel{}, knowing{client: c})
	l.observes(map[string]int{"unused": 1})
	l.hasSessions(0)
}

func TestPanicsAreObserved(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return panicking{r} })
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(client, "show 2e4", shell.StatusRefused, shell.Failure)
	l.observes(map[string]int{"key accepted": 1, "failed": 1, "panic": 1})
}

// Watching looks at phones on a goroutine of its own.
func TestPanicsOfWatchingAreObserved(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return panicking{r} })
	contacts := l.contacts
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for deadline := time.Now().Add(soon); contacts.watched() == 0 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		}
		contacts.call("0004132202E4", store.Redirected)
	}()
	l.runs(client, "watch", shell.StatusRefused, shell.Failure)
	<-heard
	l.observes(map[string]int{"key accepted": 1, "failed": 1, "panic": 1})
}

// What a rule stops halfway has not failed in the service.
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
	l.runs(client, "account remove acme --transfer-to bravo", shell.StatusRefused, "It was not done to its end")
	l.observes(map[string]int{"refused": 1})
}

// A server that nobody observes works.
func TestNobodyObserves(t *testing.T) {
	s := NewServer(Config{})
	s.ObserveLogin(ByKey, LoginAccepted)
	s.ObserveSession(SessionDone)
	s.guard("test", func() { panic("caught") })
	s.Shutdown(context.Background())
}

// What can be observed is in the lists of it.
func TestObservableOutcomes(t *testing.T) {
	for _, status := range []int{shell.StatusDone, shell.StatusRefused, shell.StatusMisunderstood} {
		for _, failed := range []bool{false, true} {
			if o := sessionOutcome(status, failed); !slices.Contains(SessionOutcomes(), o) {
				t.Errorf("%d, %v: %q", status, failed, o)
			}
		}
	}
	for _, l := range []login{{key: "SHA256:"}, {password: "x"}} {
		if m := l.method(); !slices.Contains(Methods(), m) {
			t.Errorf("%+v: %q", l, m)
		}
	}
}

// changeThen does something after each batch.
type changeThen struct {
	shell.Registry
	then func()
}

func (c changeThen) Change(b store.Batch) ([]store.Result, error) {
	defer c.then()
	return c.Registry.Change(b)
}
