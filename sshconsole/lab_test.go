package sshconsole

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/passwords"
)

// soon bounds how long a test waits for what should happen at once.
const soon = 10 * time.Second

// A lab is a server on a port of its own, and a real store with an operator and two
// partners.
type lab struct {
	testing.TB
	registry shell.Registry
	contacts *phoneCalls
	server   *Server
	address  string
	log      syncBuffer

	mu         sync.Mutex
	observed   map[string]int
	logRefusal func(netip.Addr) bool // if nil, all are logged
}

// newLab starts a server. If wrap is not nil, the server uses the store that wrap
// returns.
func newLab(t *testing.T, l limits, wrap func(shell.Registry) shell.Registry) *lab {
	t.Helper()
	return newLabWith(t, l, wrap, nil)
}

// newLabWith is newLab with setting files. If serve is nil, there are none.
func newLabWith(t *testing.T, l limits, wrap func(shell.Registry) shell.Registry, serve func(*bolt.DB) *files.Config) *lab {
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
	commands := shell.Config{Registry: lab.registry, Contacts: lab.contacts}
	if serve != nil {
		commands.Files = serve(db)
	}
	lab.server = newServer(Config{
		Shell:    shell.New(commands),
		Accounts: lab.registry,
		HostKey:  newSigner(t),
		Password: func(ctx context.Context, name, password string, from netip.Addr) (store.Account, error) {
			return passwords.New(lab.registry).Check(ctx, name, password, from) // a new one: earlier failures delay no test
		},
		Log: slog.New(slog.NewTextHandler(&lab.log, nil)),
		LogRefusal: func(from netip.Addr) bool {
			lab.mu.Lock()
			defer lab.mu.Unlock()
			return lab.logRefusal == nil || lab.logRefusal(from)
		},
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

// account returns an account as it is now.
func (l *lab) account(name store.Name) store.Account {
	l.Helper()
	a, err := l.registry.AccountNamed(name)
	if err != nil {
		l.Fatal(err)
	}
	return a
}

// does runs a line as an account, without SSH, and returns its output.
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

// newKey adds a new key to an account.
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

// newPassword sets a new password for an account.
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

// runs requires a command to end with an exit status and its output to contain want.
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

// ends waits until the server closes a connection.
func (l *lab) ends(c *gossh.Client) {
	l.Helper()
	ended := make(chan struct{})
	go func() { c.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(soon):
		l.Fatal("the connection is still open")
	}
}

// releases waits until the server has no connections, and no goroutines of sessions.
func (l *lab) releases() {
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
			l.Fatalf("%d connections left\n%s", left, stacks.String())
		}
	}
}
