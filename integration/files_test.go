package integration

import (
	"encoding/json"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A service that can open few files says so, at the start and when they run out, and
// only once. The console that is open works on, and when files are free again, so does
// all else.
func TestFewFiles(t *testing.T) {
	l := launch(t, underShell("ulimit -n 64"))
	var warning struct{ Limit, Wanted int }
	if err := json.Unmarshal(l.logged("the limit of open files is low: many clients at once will have to wait"), &warning); err != nil || warning.Limit != 64 || warning.Wanted < 8192 {
		t.Errorf("%+v, %v", warning, err)
	}
	operator, err := l.dial("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	var strangers []net.Conn
	for range 100 {
		c := connect(l.HTTP)
		if c == nil {
			t.Fatal("the kernel refuses a connection")
		}
		_, _ = io.WriteString(c, "GET ")
		strangers = append(strangers, c)
	}
	if line := string(l.logged("accept failed")); !strings.Contains(line, "too many open files") {
		t.Error(line)
	}
	if err := inSession(operator, "", "register 2e4 http://own.example"); err != nil {
		t.Error("without files: ", err)
	}
	time.Sleep(300 * time.Millisecond) // it tries again
	for _, c := range strangers {
		c.Close()
	}
	if err := expectPage("http://"+l.HTTP+"/snom360.php?mac=0004132202E4", "http://own.example"); err != nil {
		t.Error(err)
	}
	l.administer("show 2e4")
	l.signal(syscall.SIGTERM)
	for l.log.Scan() {
		if strings.Contains(l.log.Text(), "accept failed") && strings.Contains(l.log.Text(), l.HTTP) {
			t.Errorf("again: %s", l.log.Text())
		}
	}
	l.exits()
}

// The service raises its own limit of open files as far as it may.
func TestRaisesFiles(t *testing.T) {
	l := launch(t, underShell("ulimit -S -n 64"), "--metrics", "127.0.0.1:0")
	f := flooded{TB: t, story: l.story}
	var most syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most); err != nil {
		t.Fatal(err)
	}
	if got := f.metrics()["process_max_fds"]; got < float64(most.Max)-1 {
		t.Errorf("the limit is %v, want about %v", got, most.Max)
	}
}
