package integration

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const phonesRequest = "GET /snom360.php?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// connect opens a connection, or returns nil.
func connect(address string) net.Conn {
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// Each phone whose connection is open when the service is asked to stop gets its whole
// answer: those that come at once, and those that the kernel has connected while the
// service was not running.
func TestStopAnswersPhones(t *testing.T) {
	l := launch(t, nil)
	var phones sync.WaitGroup
	var asked, answered atomic.Int64
	ask := func(wait <-chan struct{}) (connected bool) {
		c := connect(l.HTTP)
		if c == nil {
			return false
		}
		defer c.Close()
		asked.Add(1)
		<-wait
		_, _ = io.WriteString(c, phonesRequest)
		answer, err := io.ReadAll(c)
		if !strings.HasSuffix(string(answer), emptyFile) {
			t.Errorf("%q, %v", answer, err)
			return false
		}
		answered.Add(1)
		return true
	}
	reached := func(n int64) {
		t.Helper()
		for deadline := time.Now().Add(patience); asked.Load() < n; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("only %d phones have connected", asked.Load())
			}
		}
	}
	now, stopped := make(chan struct{}), make(chan struct{})
	close(now)
	for range 64 {
		phones.Go(func() {
			for ask(now) {
			}
		})
	}
	reached(1000)
	l.signal(syscall.SIGSTOP)
	before := asked.Load()
	for range 200 {
		phones.Go(func() { ask(now) })
		phones.Go(func() { ask(stopped) })
	}
	reached(before + 400)
	l.signal(syscall.SIGTERM)
	l.signal(syscall.SIGCONT)
	l.logged("stopping")
	close(stopped)
	phones.Wait()
	l.exits()
	t.Logf("%d of %d phones were answered", answered.Load(), asked.Load())
}

// A request that is half sent when the service is asked to stop is answered, also when
// it is not the first one of its connection, and so is one that begins soon after.
func TestStopAwaitsRequests(t *testing.T) {
	t.Run("plain", func(t *testing.T) { stopAwaitsRequests(t, connect, "--rds-plain") })
	t.Run("tls", func(t *testing.T) {
		stopAwaitsRequests(t, func(address string) net.Conn {
			return tls.Client(connect(address), &tls.Config{InsecureSkipVerify: true})
		})
	})
}

func stopAwaitsRequests(t *testing.T, connectTool func(address string) net.Conn, flags ...string) {
	l := launch(t, nil, append([]string{"--rds", "127.0.0.1:0"}, flags...)...)
	f := flooded{TB: t, story: l.story}
	f.operate("account add acme")
	password := strings.TrimSpace(f.operate("account password acme"))
	const body = `<methodCall><methodName>redirect.checkPhone</methodName><params><param><value>0004132202E4</value></param></params></methodCall>`
	calls := fmt.Sprintf("POST /xmlrpc HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: %d\r\nAuthorization: Basic %s\r\n\r\n%s",
		len(body), base64.StdEncoding.EncodeToString([]byte("acme:"+password)), body)

	clients := map[string]struct {
		conn          net.Conn
		request, want string
		sent          int // before the end
	}{
		"silent": {connect(l.HTTP), phonesRequest, "</html>", 0},
		"half":   {connect(l.HTTP), phonesRequest, "</html>", len(phonesRequest) / 2},
		"tool":   {connectTool(l.RDS), calls, "</methodResponse>", len(calls) / 2},
		"header": {connectTool(l.RDS), calls, "</methodResponse>", 20},
	}
	for name, c := range clients {
		if name == "tool" || name == "header" { // which make a call before
			_, _ = io.WriteString(c.conn, calls)
			reply, err := http.ReadResponse(bufio.NewReader(c.conn), nil)
			if err != nil || reply.StatusCode != 200 || reply.Close {
				t.Fatal(reply, err)
			}
			_, _ = io.Copy(io.Discard, reply.Body)
		}
		_, _ = io.WriteString(c.conn, c.request[:c.sent])
	}
	l.signal(syscall.SIGTERM)
	l.logged("stopping")
	time.Sleep(500 * time.Millisecond)
	for name, c := range clients {
		_, _ = io.WriteString(c.conn, c.request[c.sent:])
		if answer, err := io.ReadAll(c.conn); !strings.Contains(string(answer), c.want) {
			t.Errorf("%s: %q, %v", name, answer, err)
		}
	}
	l.exits()
}

// A command that was acknowledged is on disk, also when the service ended meanwhile.
func TestStopKeepsCommands(t *testing.T) {
	t.Parallel()
	l := launch(t, nil)
	var mu sync.Mutex
	var done []string
	var consoles sync.WaitGroup
	for i := range 8 {
		consoles.Go(func() {
			c, err := l.dial("admin")
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for n := 0; ; n++ {
				mac := fmt.Sprintf("000413%02X%04X", i, n)
				if inSession(c, "", "register "+mac+" http://own.example") != nil {
					return
				}
				mu.Lock()
				done = append(done, mac)
				mu.Unlock()
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	l.signal(syscall.SIGTERM)
	consoles.Wait()
	l.exits()
	l.relaunch(nil)
	listed := (flooded{TB: t, story: l.story}).operate("list")
	for _, mac := range done {
		if !strings.Contains(listed, mac+"\n") {
			t.Errorf("%s was registered, and is not now", mac)
		}
	}
	t.Logf("%d commands, %d phones", len(done), strings.Count(listed, "\n"))
}

// A second signal does not wait for anyone.
func TestSecondSignal(t *testing.T) {
	for _, again := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		l := launch(t, nil)
		c := connect(l.HTTP)
		defer c.Close()
		_, _ = io.WriteString(c, "GET ")
		l.signal(syscall.SIGTERM)
		l.logged("stopping")
		for ended := false; !ended; { // the handler of the first may not be gone
			_ = l.process.Process.Signal(again)
			select {
			case <-l.ended:
				ended = true
			case <-time.After(10 * time.Millisecond):
			}
		}
		if want := fmt.Sprint("signal: ", again); l.err == nil || l.err.Error() != want {
			t.Errorf("%v, want %s", l.err, want)
		}
	}
}

// If the terminal is gone, the service ends as with SIGTERM, also if it hears of that
// twice. With nohup it goes on.
func TestHangup(t *testing.T) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // so that the program doesn't inherit that nohup ignores it
	defer signal.Stop(hangups)
	l := launch(t, nil)
	l.signal(syscall.SIGHUP)
	l.logged("stopping")
	_ = l.process.Process.Signal(syscall.SIGHUP)
	l.logged("stopped")
	l.exits()

	l = launch(t, underShell(`trap "" HUP`))
	l.signal(syscall.SIGHUP)
	for range 10 {
		if err := expectPage("http://"+l.HTTP+"/healthz", "ok"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.signal(syscall.SIGTERM)
	l.exits()
}

// underShell makes a shell run commands and then the program, in its own process.
func underShell(commands string) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		c.Args = append([]string{"sh", "-c", commands + `; exec "$0" "$@"`, program}, c.Args[1:]...)
		c.Path = "/bin/sh"
	}
}

func expectPage(url, want string) error {
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	return expect(&http.Client{Timeout: patience}, r, want)
}
