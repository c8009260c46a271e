package sshconsole

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
)

// observe counts a call of one of the functions for metrics.
func (l *lab) observe(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.observed[what]++
}

// observes waits until exactly want has been observed since its last call.
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

// hasSessions waits until a number of sessions is open. A session stays open for a
// moment after its client has seen it end.
func (l *lab) hasSessions(want int) {
	l.Helper()
	for deadline := time.Now().Add(soon); l.server.Sessions() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.Fatalf("%d sessions, want %d", l.server.Sessions(), want)
		}
	}
}

// One login is observed per connection, whatever it tries first.
func TestLoginsAreObserved(t *testing.T) {
	limits := defaultLimits
	limits.clientsPerAccount = 1
	l := newLab(t, limits, nil)
	key, password := gossh.PublicKeys(l.newKey("acme")), gossh.Password(l.newPassword("acme"))
	unknown, wrong := gossh.PublicKeys(newSigner(t), newSigner(t)),
		gossh.RetryableAuthMethod(gossh.Password("wrong"), 3)
	for _, c := range []struct {
		offers []gossh.AuthMethod
		want   string
	}{
		{[]gossh.AuthMethod{key}, "key accepted"},
		{[]gossh.AuthMethod{password}, "password accepted"},
		{[]gossh.AuthMethod{unknown, password}, "password accepted"},
		{[]gossh.AuthMethod{wrong, key}, "key accepted"},
		{[]gossh.AuthMethod{unknown}, "key refused"},
		{[]gossh.AuthMethod{wrong}, "password refused"},
		{[]gossh.AuthMethod{unknown, wrong}, "password refused"},
		{[]gossh.AuthMethod{gossh.PublicKeys(offering{newSigner(t), l.newKey("acme").PublicKey()})}, "key refused"},
		{[]gossh.AuthMethod{gossh.PublicKeys(newSHA1Signer(t))}, "key refused"},
		{[]gossh.AuthMethod{wrong, gossh.PublicKeys(newSHA1Signer(t))}, "key refused"},
		{nil, ""}, // a connection that offers nothing is no login
	} {
		client, err := l.dial("acme", c.offers...)
		if err == nil {
			client.Close()
			l.releases()
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

// newSHA1Signer returns a key that signs only with SHA-1, which the server does not
// accept.
func newSHA1Signer(t *testing.T) gossh.Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	signer, err = gossh.NewSignerWithAlgorithms(signer.(gossh.AlgorithmSigner), []string{gossh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// If a connection is closed while its credential is checked, by loginTime or at
// shutdown, its login counts as refused, once.
func TestClosedDuringLogin(t *testing.T) {
	var refused []Method
	cs := newClients(defaultLimits, func(m Method) { refused = append(refused, m) })
	near, far := net.Pipe()
	defer far.Close()
	c := cs.add(near)
	cs.offered(c, ByPassword)
	c.Close()
	if got := cs.logIn(c, login{account: 1}); got != "" || !slices.Equal(refused, []Method{ByPassword}) || c.loggedIn {
		t.Errorf("outcome %q, refused %v, logged in %v", got, refused, c.loggedIn)
	}
	c.Close()
	if len(refused) != 1 {
		t.Errorf("refused %v, want one", refused)
	}
}

// A server without functions for metrics works.
func TestWithoutMetrics(t *testing.T) {
	s := NewServer(Config{})
	s.ObserveLogin(ByKey, LoginAccepted)
	s.ObserveSession(SessionDone)
	s.guard("test", func() { panic("caught") })
	s.Shutdown(context.Background())
}

// Methods and SessionOutcomes contain every value that can be observed.
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
