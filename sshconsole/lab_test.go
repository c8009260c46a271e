package sshconsole

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime/pprof"
	"snomredirect/macaddr"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/passwords"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// soon bounds what should happen at once.
const soon = 10 * time.Second

// A lab is a server on a port of its own, with a real store of an operator and
// two partners.
type lab struct {
	testing.TB
	registry shell.Registry
	contacts *phoneCalls
	server   *Server
	address  string
	log      syncBuffer

	mu       sync.Mutex
	observed map[string]int
}

// A syncBuffer is a log that a test reads while the server writes it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// newLab starts a server. If wrap is not nil, the shell gets the store in its
// wrapping.
func newLab(t *testing.T, l limits, wrap func(shell.Registry) shell.Registry) *lab {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{Hold: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, a := range []store.Account{
		{Name: "olga", Role: store.Operator},
		{Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/{mac}")},
		{Name: "bravo", SettingServer: store.RestoreURL("http://prov.bravo.example/")},
	} {
		if _, err := db.AddAccount(store.Audit{}, false, a); err != nil {
			t.Fatal(err)
		}
	}
	lab := &lab{TB: t, registry: db, contacts: &phoneCalls{}, observed: map[string]int{}}
	if wrap != nil {
		lab.registry = wrap(db)
	}
	lab.server = newServer(Config{
		Shell:          shell.New(shell.Config{Registry: lab.registry, Contacts: lab.contacts}),
		Accounts:       lab.registry,
		HostKey:        newSigner(t),
		Password:       passwords.New(lab.registry).Check,
		Log:            slog.New(slog.NewTextHandler(&lab.log, nil)),
		ObserveLogin:   func(m Method, o LoginOutcome) { lab.observe(string(m) + " " + string(o)) },
		ObserveSession: func(o SessionOutcome) { lab.observe(string(o)) },
		ObservePanic:   func() { lab.observe("panic") },
	}, l)
	lab.registry = db
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lab.address = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- lab.server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		lab.server.Shutdown(ctx)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return lab
}

// account returns an account as it stands.
func (l *lab) account(name store.Name) store.Account {
	l.Helper()
	a, err := l.registry.AccountNamed(name)
	if err != nil {
		l.Fatal(err)
	}
	return a
}

// does runs a line as an account, without SSH, and returns its answer.
func (l *lab) does(name store.Name, line string) string {
	l.Helper()
	var out, problems bytes.Buffer
	caller := shell.Caller{Account: func() (store.Account, error) { return l.registry.AccountNamed(name) }}
	status, _ := shell.New(shell.Config{Registry: l.registry}).Exec(l.Context(), caller, shell.IO{Out: &out, Err: &problems}, line)
	if status != shell.StatusDone {
		l.Fatalf("%s: %s: status %d, %s", name, line, status, &problems)
	}
	return out.String()
}

// phoneCalls are contacts that a test makes happen.
type phoneCalls struct {
	mu       sync.Mutex
	watchers map[int]func(store.Contact)
	n        int
}

func (p *phoneCalls) Contact(macaddr.Addr) (store.Contact, error) {
	return store.Contact{}, store.ErrNotFound
}

func (p *phoneCalls) Watch(onContact func(store.Contact)) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchers == nil {
		p.watchers = map[int]func(store.Contact){}
	}
	id := p.n
	p.n++
	p.watchers[id] = onContact
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, id)
	}
}

// call is a contact of a snom360.
func (p *phoneCalls) call(mac string, answer store.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, onContact := range p.watchers {
		onContact(store.Contact{MAC: macaddr.MustParse(mac), At: time.Now().UTC(), From: netip.MustParseAddr("192.0.2.20"), Model: "snom360", Firmware: "7.3.14", Answer: answer})
	}
}

func (p *phoneCalls) watched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.watchers)
}

// newKey gives an account a new key.
func (l *lab) newKey(name store.Name) gossh.Signer {
	l.Helper()
	signer := newSigner(l)
	l.does("olga", fmt.Sprintf("account key %s add %s", name, gossh.MarshalAuthorizedKey(signer.PublicKey())[:80]))
	return signer
}

func newSigner(t testing.TB) gossh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// newPassword gives an account a new password.
func (l *lab) newPassword(name store.Name) string {
	l.Helper()
	return strings.TrimSpace(l.does("olga", "account password "+string(name)))
}

func (l *lab) dial(user string, auth ...gossh.AuthMethod) (*gossh.Client, error) {
	return gossh.Dial("tcp", l.address, &gossh.ClientConfig{
		User: user, Auth: auth, HostKeyCallback: gossh.FixedHostKey(l.server.HostKey.PublicKey()), Timeout: soon,
	})
}

func (l *lab) login(user string, auth ...gossh.AuthMethod) *gossh.Client {
	l.Helper()
	c, err := l.dial(user, auth...)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { c.Close() })
	return c
}

// runs wants a command to end with a status and to write this.
func (l *lab) runs(c *gossh.Client, command string, wantStatus int, want string) {
	l.Helper()
	session, err := c.NewSession()
	if err != nil {
		l.Fatal(err)
	}
	defer session.Close()
	out, err := session.CombinedOutput(command)
	status := 0
	if exit := (*gossh.ExitError)(nil); errors.As(err, &exit) {
		status = exit.ExitStatus()
	} else if err != nil {
		l.Fatal(err)
	}
	if status != wantStatus || !strings.Contains(string(out), want) {
		l.Fatalf("%s: status %d, %q; want %d, %q", command, status, out, wantStatus, want)
	}
}

// ends waits for the server to end a connection.
func (l *lab) ends(c *gossh.Client) {
	l.Helper()
	ended := make(chan struct{})
	go func() { c.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(soon):
		l.Fatal("the connection goes on")
	}
}

// expect drives a session at a terminal.
type expect struct {
	testing.TB
	in     io.Writer
	screen syncBuffer
	seen   int
	*gossh.Session
}

func (l *lab) terminal(c *gossh.Client, columns int) *expect {
	l.Helper()
	session, err := c.NewSession()
	if err != nil {
		l.Fatal(err)
	}
	e := &expect{TB: l, Session: session}
	session.Stdout = &e.screen
	session.Stderr = &e.screen
	if e.in, err = session.StdinPipe(); err != nil {
		l.Fatal(err)
	}
	if err := session.RequestPty("xterm", 24, columns, nil); err != nil {
		l.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		l.Fatal(err)
	}
	return e
}

func (e *expect) types(s string) {
	e.Helper()
	if _, err := io.WriteString(e.in, s); err != nil {
		e.Fatal(err)
	}
}

// sees waits for s to come after all it has seen before.
func (e *expect) sees(s string) {
	e.Helper()
	deadline := time.Now().Add(soon)
	for {
		screen := e.screen.String()[e.seen:]
		if i := strings.Index(screen, s); i >= 0 {
			e.seen += i + len(s)
			return
		}
		if time.Now().After(deadline) {
			e.Fatalf("the screen shows\n%q\nand not %q", screen, s)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// leaves wants the session to end with a status.
func (e *expect) leaves(status int) {
	e.Helper()
	err := e.Wait()
	got := 0
	if exit := (*gossh.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitStatus()
	} else if err != nil {
		e.Fatal(err)
	}
	if got != status {
		e.Fatalf("status %d, want %d", got, status)
	}
}

// forgets waits until the server has nothing left of its clients.
func (l *lab) forgets() {
	l.Helper()
	for deadline := time.Now().Add(soon); ; time.Sleep(5 * time.Millisecond) {
		var stacks bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
			l.Fatal(err)
		}
		l.server.clients.mu.Lock()
		left := len(l.server.clients.all)
		l.server.clients.mu.Unlock()
		if left == 0 && !strings.Contains(stacks.String(), "sshconsole.(*session)") {
			return
		}
		if time.Now().After(deadline) {
			l.Fatalf("%d connections are not forgotten\n%s", left, stacks.String())
		}
	}
}
