package integration

import (
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A service that can open few files says so, at the start and when they run out, and
// only once. Strangers that hold connections keep no phone from being answered. Without
// files the console that is open works on, and when files are free again, so does all
// else.
func TestFewFiles(t *testing.T) {
	l := launch(t, underShell("ulimit -n 64"), "--metrics", "127.0.0.1:0")
	if log := strings.Join(l.early, "\n"); !strings.Contains(log, `"the limit of open files is low: fewer clients can be connected at once","limit":64,`) {
		t.Error(log)
	}
	operator, err := l.dial("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	hold := func(address string) (release func()) {
		var all []net.Conn
		for range 100 {
			c := connect(address)
			if c == nil {
				t.Fatal("the kernel refuses a connection")
			}
			_, _ = io.WriteString(c, "GET ")
			all = append(all, c)
		}
		return func() {
			for _, c := range all {
				c.Close()
			}
		}
	}
	phone := func(want string) {
		t.Helper()
		if err := expectPage("http://"+l.HTTP+"/snom360.php?mac=0004132202E4", want); err != nil {
			t.Error(err)
		}
	}

	release := hold(l.HTTP)
	phone("no settings here")
	release()

	release = hold(l.Metrics) // whose connections make no room
	log := string(l.logged("accept failed")) + "\n"
	if err := inSession(operator, "", "register 2e4 http://own.example"); err != nil {
		t.Error("without files: ", err)
	}
	time.Sleep(300 * time.Millisecond) // it tries again
	release()
	phone("http://own.example")
	l.administer("show 2e4")
	l.signal(syscall.SIGTERM)
	for l.log.Scan() {
		log += l.log.Text() + "\n"
	}
	l.exits()
	if n := strings.Count(log, `"accept failed","error":"accept tcp `+l.Metrics+`: accept4: too many open files"}`); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, log)
	}
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
