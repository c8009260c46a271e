package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// debug requests settings n times, with a User-Agent that makes long lines in the log.
func (l *launched) debug(n int) {
	l.Helper()
	client := &http.Client{Timeout: patience}
	var phones sync.WaitGroup
	for range 4 {
		phones.Go(func() {
			for range n / 4 {
				r, err := http.NewRequest("GET", "http://"+l.HTTP+"/snom360.php?mac=0004132202E4", nil)
				if err != nil {
					l.Error(err)
					return
				}
				r.Header.Set("User-Agent", strings.Repeat("x", 1000))
				if err := expect(client, r, "<html>"); err != nil {
					l.Error(err)
					return
				}
			}
		})
	}
	phones.Wait()
}

// administer runs a command as the operator.
func (l *launched) administer(command string) {
	l.Helper()
	c, err := l.dial("admin")
	if err == nil {
		defer c.Close()
		err = inSession(c, "", command)
	}
	if err != nil {
		l.Errorf("%s: %v", command, err)
	}
}

// A log that nobody reads keeps nobody waiting: no phone, no login, no command, and not
// the end. If it is read again, it says how many lines are missing.
func TestLogNobodyReads(t *testing.T) {
	l := launch(t, nil, "--log-level", "debug", "--metrics", "127.0.0.1:0")
	l.debug(6000)
	l.administer("register 2e4 http://own.example")
	page, err := getPage("http://" + l.Metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	var dropped struct{ Lines int }
	if err := json.Unmarshal(l.logged("log lines dropped"), &dropped); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\nsnomredirect_log_lines_dropped_total %d\n", dropped.Lines); dropped.Lines == 0 || !strings.Contains(page, want) {
		t.Errorf("%d lines are logged as dropped, and not counted so", dropped.Lines)
	}
	l.debug(2000)
	l.signal(syscall.SIGTERM)
	l.exits()
}

// A log that can't be written any more, as to a pipe that is closed, ends nothing.
func TestLogIsGone(t *testing.T) {
	t.Parallel()
	l := launch(t, nil, "--log-level", "debug")
	l.stderr.Close()
	l.debug(8)
	l.administer("register 2e4 http://own.example")
	l.signal(syscall.SIGTERM)
	l.exits()
}

// What Go prints when it ends the program, as after a panic, is not queued.
func TestLogOfACrash(t *testing.T) {
	l := launch(t, nil)
	l.signal(syscall.SIGQUIT)
	found := false
	for l.log.Scan() {
		found = found || strings.Contains(l.log.Text(), "main.(*serve).Run(")
	}
	<-l.ended
	if !found || l.process.ProcessState.ExitCode() != 2 {
		t.Errorf("a stack is printed: %v; %v", found, l.err)
	}
}
