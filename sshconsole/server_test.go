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
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/passwords"
)

// soon bounds what should happen at once.
const soon = 10 * time.Second

// lab is a server on a port of its own, before a real store.
type lab struct {
	*house
	server  *Server
	address string
	log     syncBuffer

	mu       sync.Mutex
	observed map[string]int
}

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

func newLab(t *testing.T, l limits, wrap func(Registry) Registry) *lab {
	t.Helper()
	lab := &lab{house: newHouse(t), observed: map[string]int{}}
	registry := lab.registry
	if wrap != nil {
		registry = wrap(registry)
	}
	lab.server = newServer(Config{Registry: registry, HostKey: newSigner(t), Password: passwords.New(registry).Check, Log: slog.New(slog.NewTextHandler(&lab.log, nil)),
		ObserveLogin:   func(m Method, o LoginOutcome) { lab.observe(string(m) + " " + string(o)) },
		ObserveSession: func(o SessionOutcome) { lab.observe(string(o)) },
		ObservePanic:   func() { lab.observe("panic") },
	}, l)
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

// newKey gives an account a new key.
func (l *lab) newKey(name store.Name) gossh.Signer {
	l.Helper()
	signer := newSigner(l)
	l.says("olga", fmt.Sprintf("account key %s add %s", name, gossh.MarshalAuthorizedKey(signer.PublicKey())[:80]), ".*\n")
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
	out, _, status := l.at("olga", 0, "account password "+string(name), "")
	if status != statusDone {
		l.Fatal(out)
	}
	return strings.TrimSpace(out)
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

func TestLogins(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	key, password := l.newKey("acme"), l.newPassword("acme")
	l.runs(l.login("acme", gossh.PublicKeys(key)), "register 2e4", 0, "0004132202E4 registered")
	c := l.login("acme", gossh.Password(password))
	l.runs(c, "list\nderegister 2e4", statusMisunderstood, "control character") // a line break smuggles in nothing
	l.runs(c, "register 2e5 http://a.example/\nuser_pass:x", statusMisunderstood, "control character")
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
			t.Errorf("%s lets in", name)
			c.Close()
		}
	}
	l.says("olga", "account disable acme", ".*\n")
	for _, auth := range []gossh.AuthMethod{gossh.PublicKeys(key), gossh.Password(password)} {
		if _, err := l.dial("acme", auth); err == nil {
			t.Error("a disabled account is let in")
		}
	}
	if log := l.log.String(); strings.Contains(log, password) || !strings.Contains(log, `msg="login refused" user=nobody`) {
		t.Errorf("the log holds\n%s", log)
	}
}

// offering is a signer that offers one key and signs with another, or not at all.
type offering struct {
	gossh.Signer
	offered gossh.PublicKey
}

func (o offering) PublicKey() gossh.PublicKey { return o.offered }

// Public keys are public. A client offers the key of somebody else, gets told
// that it would do, and then has to prove another one.
func TestKeyOfferedIsNotKeyOwned(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	acme, evil := l.newKey("acme"), l.newKey("bravo")
	if c, err := l.dial("acme", gossh.PublicKeys(offering{evil, acme.PublicKey()})); err == nil {
		t.Error("a signature by another key lets in")
		c.Close()
	}

	// With a key and a password of its own, bravo offers a second key without
	// signing and logs in by password. Its session stands by the password: when
	// that goes, so does the session, though the key offered stays.
	password, unsigned := l.newPassword("bravo"), l.newKey("bravo")
	c := l.login("bravo",
		gossh.PublicKeys(offering{failingSigner{evil}, unsigned.PublicKey()}),
		gossh.Password(password))
	l.runs(c, "list", 0, "")
	if log := l.log.String(); !strings.Contains(log, "msg=login account=bravo by=password") {
		t.Errorf("the log holds\n%s", log)
	}
	l.newPassword("bravo")
	l.runs(c, "list", 1, "You are logged out")
}

type failingSigner struct{ gossh.Signer }

func (failingSigner) Sign(io.Reader, []byte) (*gossh.Signature, error) {
	return nil, errors.New("not mine")
}

// What lets a session in may be taken away while it sits at the prompt.
func TestSessionsEndWithWhatLetThemIn(t *testing.T) {
	for name, take := range map[string]func(l *lab, key gossh.Signer) string{
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
				command = take(l, key)
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

// An operator whose command takes away its own way in gets the answer first.
func TestOperatorShutsItselfOut(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	password := l.newPassword("olga")
	c := l.login("olga", gossh.Password(password))
	other := l.terminal(c, 80)
	other.sees("==> ")
	l.runs(c, "account password olga", 0, "")
	l.ends(c) // with the other session on it
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

func TestTerminal(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	for _, mac := range []string{"000413101214", "00041310123C", "2e4"} {
		l.says("acme", "register "+mac, ".*\n")
	}
	e := l.terminal(c, 80)
	e.sees("Welcome, acme! Type help for help.\r\n==> ")
	e.types("li\t\r\n") // completed, and CRLF is one end of a line
	e.sees("list \r\n000413101214 00041310123C 0004132202E4\r\n==> ")
	if err := e.WindowChange(24, 25); err != nil {
		t.Fatal(err)
	}
	e.sees("==> ")      // redrawn
	e.types("\x1b[A\n") // Up brings back
	e.sees("000413101214 00041310123C\r\n0004132202E4\r\n==> ")
	e.types("deregister 2e4\x03") // Ctrl-C drops the line
	e.sees("\r\n==> ")
	e.types("show 2e4\r")
	e.sees("State:          registered\r\n")
	e.types("nonsense\r")
	e.sees("Unknown command \"nonsense\". Type help for help.\r\n==> ")
	e.types("bye\r")
	e.leaves(0)

	e = l.terminal(c, 0) // a client that does not know
	e.sees("==> ")
	e.types("list\r")
	e.sees("000413101214 00041310123C 0004132202E4\r\n==> ")
	e.types("\x04") // Ctrl-D leaves
	e.sees("\r\n")
	e.leaves(0)
}

// At a prompt, standard input ends with Ctrl-D, and the prompt comes back.
func TestKeysTypedAtThePrompt(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	c := l.login("olga", gossh.PublicKeys(l.newKey("olga")))
	key := string(gossh.MarshalAuthorizedKey(newSigner(t).PublicKey()))
	e := l.terminal(c, 200)
	e.sees("==> ")
	e.types("account key acme add -\r" + key + "\x04")
	e.sees("acme: SHA256:")
	e.types("\x1b[A\r") // the command, not the key
	e.sees("account key acme add -\r\n")
	e.types(key + "\x03")
	e.sees("Interrupted; nothing was done.\r\n==> ")
	e.types("account key acme list\r")
	e.sees("SHA256:")
	e.types("bye\r")
	e.leaves(0)
}

// Lists and answers typed at the prompt.
func TestListAndAnswerTypedAtThePrompt(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	e := l.terminal(l.login("acme", gossh.PublicKeys(l.newKey("acme"))), 200)
	e.sees("==> ")
	e.types("register -\r2e4\r2e5,http://one.example/\r\x04")
	e.sees("2 lines: 2 registered.\r\n==> ")
	e.types("register -\r2e6\rxyz\r")
	e.sees("Line 2: \"xyz\": expected")
	e.types("\x03")
	e.sees("Interrupted: nothing was done.\r\n==> ")
	e.types("retarget http://one.example/ http://two.example/\r")
	e.sees("1 phone with a setting server of its own will change from http://one.example/ to http://two.example/.\r\nGo on? (y/n) ")
	e.types("\x03")
	e.sees("Nothing was done.\r\n==> ")
	e.types("\x1b[A\r") // the command, not an answer
	e.sees("Go on? (y/n) ")
	e.types("y\r")
	e.sees("1 phone with a setting server of its own changed.\r\n==> ")
	e.types("\x1b[A") // not the answer
	e.sees("retarget http://one")
	e.types("\x03export\r")
	e.sees("0004132202E4,\r\n0004132202E5,http://two.example/\r\n==> ")
	e.types("bye\r")
	e.leaves(0)
}

// A connection that breaks off in the middle of a list is told at the next
// login; one that ends its input is done.
func TestBrokenOffList(t *testing.T) {
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
	if _, err := io.WriteString(in, lines(100)+"000413"); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(soon)
	for acme := l.account("acme").ID; ; time.Sleep(time.Millisecond) { // until it has been read
		if time.Now().After(deadline) {
			t.Fatal("it does not begin")
		}
		if all, err := l.registry.Jobs(acme); err != nil {
			t.Fatal(err)
		} else if len(all) > 0 {
			break
		}
	}
	broken.Close()
	l.forgets()
	c := l.login("acme", key)
	e := l.terminal(c, 80)
	e.sees("Welcome, acme!")
	e.sees("was interrupted: nothing was done.\r\n==> ")
	l.runs(c, "count", 0, "0\n")
}

// slow is a store of endless pages, to have a command that runs.
type slow struct{ Registry }

func (slow) Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error) {
	time.Sleep(time.Millisecond)
	page := make([]store.Phone, n)
	for i := range page {
		page[i] = store.Phone{MAC: macaddr.MustParse("0004132202E4"), Owner: owner}
	}
	return page, nil
}

func TestCtrlCEndsACommandOverSSH(t *testing.T) {
	l := newLab(t, defaultLimits, func(r Registry) Registry { return slow{r} })
	e := l.terminal(l.login("acme", gossh.PublicKeys(l.newKey("acme"))), 80)
	e.sees("==> ")
	e.types("list\r")
	e.sees("0004132202E4 ")
	e.types("\x03")
	e.sees("\r\n==> ")
	e.types("bye\r")
	e.leaves(0)
}

// A client that reads no further, or goes, ends the command too.
func TestCallerGoes(t *testing.T) {
	l := newLab(t, defaultLimits, func(r Registry) Registry { return slow{r} })
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
	l.forgets()
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

// A terminal that reads no further while its window changes, and goes, holds up
// nothing and leaves nothing behind.
func TestTerminalReadsNoFurther(t *testing.T) {
	l := newLab(t, defaultLimits, func(r Registry) Registry { return slow{r} })
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(session.RequestPty("xterm", 24, 80, nil), session.Shell()); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, "list\r")
	if _, err := io.ReadFull(out, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := session.WindowChange(24, 80+i); err != nil {
			t.Fatal(err)
		}
	}
	l.runs(c, "help", 0, "Welcome")
	c.Close()
	l.forgets()
}

// Requests that no honest client sends are refused, and hold up nothing.
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
	l.forgets()
	if log := l.log.String(); strings.Contains(log, "msg=panic") {
		t.Errorf("the log holds\n%s", log)
	}
}

// A channel on which nothing is asked for does not stay.
func TestSessionThatAsksForNothing(t *testing.T) {
	quick := defaultLimits
	quick.askTime = time.Second
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
		t.Fatal("it stays")
	}

	// One that has a console does, for as long as it likes.
	e := l.terminal(c, 80)
	e.sees("==> ")
	time.Sleep(quick.askTime + 100*time.Millisecond)
	e.types("list\rbye\r")
	e.leaves(0)
}

// From its prompt, too, an operator ends the sessions of those it shuts out, and
// goes on.
func TestOperatorShutsOutFromThePrompt(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	e := l.terminal(l.login("olga", gossh.PublicKeys(l.newKey("olga"))), 80)
	acme := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(acme, "list", 0, "")
	e.sees("==> ")
	e.types("account disable acme\r")
	e.sees("acme is disabled.\r\n==> ")
	l.ends(acme)
	e.types("bye\r")
	e.leaves(0)
}

func TestRoomForStrangers(t *testing.T) {
	cs := newClients(limits{loginTime: time.Hour, strangers: 4, strangersAHost: 2}, nil)
	for i, c := range []struct {
		from string
		want bool
	}{
		{"192.0.2.1:1", true}, {"192.0.2.1:2", true}, {"192.0.2.1:3", false}, // of one host
		{"192.0.2.2:1", true}, {"192.0.2.3:1", true}, {"192.0.2.4:1", false}, // of all
	} {
		near, far := net.Pipe()
		defer far.Close()
		got := cs.add(fromConn{near, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))})
		if (got != nil) != c.want {
			t.Errorf("%d, from %s: room %v", i, c.from, got != nil)
		}
		if got != nil {
			defer got.Close()
		}
	}
}

// fromConn is a connection from that address.
type fromConn struct {
	net.Conn
	from net.Addr
}

func (f fromConn) RemoteAddr() net.Addr { return f.from }

// A client that opens sessions on and on and reads no refusal is ended.
func TestRefusalsNotRead(t *testing.T) {
	cs := newClients(limits{loginTime: time.Hour, strangers: 1, strangersAHost: 1, refusals: 2}, nil)
	near, far := net.Pipe()
	defer far.Close()
	near.SetDeadline(time.Now().Add(soon))
	c := cs.add(near)
	for range 2 {
		if !cs.refuseSession(c) {
			t.Fatal("ended too early")
		}
		cs.sessionRefused(c) // it was read
	}
	for i, want := range []bool{true, true, false} {
		if got := cs.refuseSession(c); got != want {
			t.Errorf("refusal %d: %v", i, got)
		}
	}
	if _, err := near.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the connection goes on: %v", err)
	}
}

// panicking is a store whose look at a phone panics.
type panicking struct{ Registry }

func (panicking) Phone(macaddr.Addr) (store.Phone, error) { panic("/data/secret") }

func TestAPanicEndsItsSessionAlone(t *testing.T) {
	l := newLab(t, defaultLimits, func(r Registry) Registry { return panicking{r} })
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(c, "show 2e4", statusRefused, "Something failed in the service")
	l.runs(c, "list", 0, "")
	if log := l.log.String(); strings.Count(log, "msg=panic") != 1 || !strings.Contains(log, "/data/secret") {
		t.Errorf("the log holds\n%s", log)
	}
}

// panickingLogin is a store that panics where an account is looked up by name.
type panickingLogin struct{ Registry }

func (panickingLogin) AccountNamed(store.Name) (store.Account, error) { panic("here") }

func TestAPanicLetsNobodyIn(t *testing.T) {
	l := newLab(t, defaultLimits, func(r Registry) Registry { return panickingLogin{r} })
	key := l.newKey("acme")
	for _, auth := range []gossh.AuthMethod{gossh.PublicKeys(key), gossh.Password("x")} {
		if _, err := l.dial("acme", auth); err == nil {
			t.Error("let in")
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
		if ok, err := session.SendRequest(request, true, gossh.Marshal(struct{ S string }{"sftp"})); ok || err != nil {
			t.Errorf("request %s: %v, %v", request, ok, err)
		}
	}
	if err := session.Setenv("X", "1"); err == nil {
		t.Error("a variable was taken")
	}
	out, err := session.Output("list")
	if err != nil {
		t.Errorf("after refusals: %q, %v", out, err)
	}
}

func TestLimits(t *testing.T) {
	short := limits{loginTime: 300 * time.Millisecond, strangers: 3, strangersAHost: 2}
	l := newLab(t, short, nil)

	// Strangers from one host are two at a time, and not for long.
	silent := func() net.Conn {
		conn, err := net.Dial("tcp", l.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	one, _, three := silent(), silent(), silent()
	if _, err := io.ReadAll(three); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	one.SetReadDeadline(time.Now().Add(soon))
	if banner, err := io.ReadAll(one); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stranger may stay; it got %q", banner)
	}

	small := defaultLimits
	small.loginTime, small.clientsAnOwner, small.sessionsAClient, small.sessionsAnOwner, small.refusals = 2*time.Second, 2, 2, 3, 2
	l = newLab(t, small, nil)
	key := l.newKey("acme")
	c := l.login("acme", gossh.PublicKeys(key))
	time.Sleep(small.loginTime + 100*time.Millisecond) // the time to log in is not the time to stay
	var sessions []*gossh.Session
	for range small.sessionsAClient {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	if _, err := c.NewSession(); err == nil {
		t.Error("a session too many was opened")
	}
	second := l.login("acme", gossh.PublicKeys(key))
	third, err := second.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.NewSession(); err == nil {
		t.Error("a session too many of one account was opened")
	}
	third.Close()
	sessions[0].Close()
	if third, err := l.dial("acme", gossh.PublicKeys(key)); err == nil {
		l.ends(third)
	}
	l.runs(second, "list", 0, "")
}

// A shutdown ends what is idle at once, and what runs when it is done.
func TestShutdown(t *testing.T) {
	gate := &gated{started: make(chan struct{}), open: make(chan struct{})}
	l := newLab(t, defaultLimits, func(r Registry) Registry { gate.Registry = r; return gate })
	key := l.newKey("acme")
	idle, busy := l.login("acme", gossh.PublicKeys(key)), l.login("acme", gossh.PublicKeys(key))
	e := l.terminal(idle, 80)
	e.sees("==> ")
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.runs(busy, "show 2e4", 0, "not registered")
	}()
	<-gate.started
	shut := make(chan struct{})
	go func() { l.server.Shutdown(t.Context()); close(shut) }()
	l.ends(idle)
	if _, err := l.dial("acme", gossh.PublicKeys(key)); err == nil {
		t.Error("let in while shutting down")
	}
	select {
	case <-shut:
		t.Fatal("a command that runs was not waited for")
	default:
	}
	close(gate.open)
	<-done
	<-shut
}

// gated is a store whose look at a phone waits.
type gated struct {
	Registry
	started, open chan struct{}
}

func (g *gated) Phone(mac macaddr.Addr) (store.Phone, error) {
	close(g.started)
	<-g.open
	return g.Registry.Phone(mac)
}

// A shutdown may come before the first connection is waited for.
func TestShutdownBeforeServe(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	s := NewServer(Config{Registry: l.registry, HostKey: l.server.HostKey})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Shutdown(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(soon):
		t.Fatal("it serves for ever")
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the port is still open: %v", err)
	}
}

// A deadline ends even what will never end.
func TestShutdownInTheEnd(t *testing.T) {
	l := newLab(t, defaultLimits, func(r Registry) Registry { return slow{r} })
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("list"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	l.server.Shutdown(ctx)
	l.ends(c)
}

// A client gets so many tries and no more.
func TestTries(t *testing.T) {
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
