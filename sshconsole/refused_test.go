package sshconsole

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// logs waits until the log has a number of lines that contain text, and returns them.
func (l *lab) logs(n int, text string) (lines []string) {
	l.Helper()
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		lines = nil
		for line := range strings.Lines(l.log.String()) {
			if strings.Contains(line, text) {
				lines = append(lines, line)
			}
		}
		if len(lines) == n {
			return lines
		}
	}
	l.Fatalf("%d lines with %q, want %d:\n%s", len(lines), text, n, &l.log)
	return nil
}

// A connection that ends without a login has one line with the keys that were
// refused. One that logs in has none.
func TestRefusedKeysAreLogged(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	acme, one, two := l.newKey("acme"), newSigner(t), newSigner(t)
	l.login("acme", gossh.PublicKeys(one, acme)).Close()
	l.logs(1, "msg=login account=acme")
	refused := func(user string, auth gossh.AuthMethod) {
		t.Helper()
		if c, err := l.dial(user, auth); err == nil {
			c.Close()
			t.Fatal("logged in")
		}
	}
	refused("acme", gossh.PublicKeys(one, two))
	line := l.logs(1, `msg="login refused"`)[0]
	if want := `keys="` + gossh.FingerprintSHA256(one.PublicKey()) + " " + gossh.FingerprintSHA256(two.PublicKey()) + `" why="wrong name or key"`; !strings.Contains(line, `level=INFO msg="login refused" user=acme from=127.0.0.1:`) || !strings.Contains(line, " by=key "+want) {
		t.Errorf("%s does not contain %s", line, want)
	}
	refused("nobody", gossh.PublicKeys(acme)) // without that name, no key is right
	l.logs(1, `user=nobody`)
	refused(strings.Repeat("n", 1000), gossh.PublicKeys(acme))
	l.logs(1, `user=`+strings.Repeat("n", 64)+" ")
	refused("acme", gossh.PublicKeys(newSHA1Signer(t)))
	l.logs(1, `by=key keys=other-algorithm`)
	refused("acme", gossh.PublicKeys(offering{newSigner(t), acme.PublicKey()})) // signed with another key
	l.logs(1, `user=acme from=127.0.0.1:`+portOf(l.logs(1, "signature")[0])+` by=key why="ssh: signature`)
	// A client that gives up, as for a passphrase, is not refused.
	refused("acme", gossh.PublicKeys(offering{failingSigner{acme}, acme.PublicKey()}))
	l.releases()
	l.logs(5, `msg="login refused"`)
	l.logs(0, "negotiation")
}

// portOf returns the port in a line of the log.
func portOf(line string) string {
	_, rest, _ := strings.Cut(line, "from=127.0.0.1:")
	port, _, _ := strings.Cut(rest, " ")
	return port
}

// What does not become an SSH connection has a line, unless it sends nothing.
func TestFailedNegotiationsAreLogged(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	send := func(text string) {
		t.Helper()
		conn, err := net.Dial("tcp", l.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).CloseWrite() // the server may have closed it already
		_, _ = io.Copy(io.Discard, conn)
	}
	send("")
	send("GET / HTTP/1.1\r\n\r\n")
	l.logs(1, `level=INFO msg="SSH negotiation failed" from=127.0.0.1:`)
	send(strings.Repeat("x", 5000))
	l.logs(1, `why="ssh: overflow reading version string"`)
	_, err := gossh.Dial("tcp", l.address, &gossh.ClientConfig{
		Config: gossh.Config{Ciphers: []string{gossh.InsecureCipherAES128CBC}},
		User:   "acme", HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: soon})
	if err == nil {
		t.Fatal("negotiated CBC")
	}
	if line := l.logs(1, "no common algorithm")[0]; !strings.Contains(line, "aes128-cbc") {
		t.Error(line)
	}
	l.logs(3, "negotiation")
}

// What LogRefusal does not allow is logged at debug only.
func TestRefusalsAreBounded(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	asked := 0
	l.mu.Lock()
	l.logRefusal = func(from netip.Addr) bool {
		asked++
		return from.IsLoopback() && asked <= 2
	}
	l.mu.Unlock()
	for range 3 { // broken connections don't count
		conn, err := net.Dial("tcp", l.address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n")
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
	}
	l.logs(3, "negotiation")
	for range 4 {
		if c, err := l.dial("acme", gossh.PublicKeys(newSigner(t))); err == nil {
			c.Close()
			t.Fatal("logged in")
		}
	}
	for deadline := time.Now().Add(soon); ; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		n := asked
		l.mu.Unlock()
		if n == 4 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("asked %d times, want 4", n)
		}
	}
	l.logs(2, `msg="login refused"`)
}

// failingAccounts is a store that can't look up accounts by name.
type failingAccounts struct{ shell.Registry }

func (failingAccounts) AccountNamed(store.Name) (store.Account, error) {
	return store.Account{}, store.ErrDamaged
}

// Whoever can't be looked up was not refused for a wrong name or key: what blocks clients
// that guess must not block him.
func TestFailingLookUpIsNoRefusal(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return failingAccounts{r} })
	if c, err := l.dial("acme", gossh.PublicKeys(newSigner(t))); err == nil {
		c.Close()
		t.Fatal("logged in")
	}
	l.logs(1, `level=ERROR msg="login failed"`)
	l.server.Shutdown(t.Context())
	l.logs(0, "login refused")
}
