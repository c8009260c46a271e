package sshconsole

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// limitsOfTime returns the usual limits with other times.
func limitsOfTime(idle, total time.Duration) limits {
	l := defaultLimits
	l.idleTime, l.totalTime = idle, total
	return l
}

// console opens a console with a terminal.
func (l *lab) console(client *gossh.Client) (in io.Writer, out io.Reader) {
	l.Helper()
	session, err := client.NewSession()
	if err != nil {
		l.Fatal(err)
	}
	input, err1 := session.StdinPipe()
	output, err2 := session.StdoutPipe()
	if err1 != nil || err2 != nil {
		l.Fatal(err1, err2)
	}
	errs, err := session.StderrPipe()
	if err != nil {
		l.Fatal(err)
	}
	if err := session.RequestPty("xterm", 25, 80, nil); err != nil {
		l.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		l.Fatal(err)
	}
	return input, io.MultiReader(output, errs)
}

func TestIdleConsole(t *testing.T) {
	const idle = 300 * time.Millisecond
	l := newLab(t, limitsOfTime(idle, time.Hour), nil)
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	begun := time.Now()
	in, out := l.console(client)
	for range 4 { // which is not idle
		time.Sleep(idle / 2)
		if _, err := io.WriteString(in, " "); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := io.ReadAll(out)
	if took := time.Since(begun); !strings.Contains(string(text), "Closed: nothing was typed for 300ms.") || took < 3*idle-10*time.Millisecond {
		t.Errorf("after %v: %q", took, text)
	}
	// Without a session, the connection ends too.
	if err := client.Wait(); err == nil {
		t.Error("no error")
	}
}

// A command that waits for phones is not idle, but ends with its connection.
func TestTotalTime(t *testing.T) {
	const total = time.Second
	l := newLab(t, limitsOfTime(100*time.Millisecond, total), nil)
	begun := time.Now()
	client := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	in, out := l.console(client)
	if _, err := io.WriteString(in, "watch\r"); err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(out)
	if took := time.Since(begun); took < total-50*time.Millisecond || strings.Contains(string(text), "nothing was typed") {
		t.Errorf("after %v: %q", took, text)
	}
}

// A command that outlasts its connection does not keep that in memory.
func TestSessionAfterItsConnection(t *testing.T) {
	cs := newClients(defaultLimits, func(Method) {})
	conn, _ := net.Pipe()
	c := cs.add(conn)
	cs.logIn(c, login{})
	if !cs.openSession(c) {
		t.Fatal("no session")
	}
	c.Close()
	cs.closeSession(c)
	if c.unused.Stop() {
		t.Error("a timer still has the connection")
	}
}
