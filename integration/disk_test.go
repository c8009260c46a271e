package integration

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// database is the name of the database in the data folder.
const database = "snomredirect.db"

// smallDisk mounts a file system of 8 MB, in memory, until the test ends.
func smallDisk(t *testing.T) (folder string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("this test mounts a file system: run it as root on Linux")
	}
	folder = t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("this test mounts a file system: run it as root outside of a container, or in one with the capability SYS_ADMIN: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return folder
}

// remount mounts the file system of a small disk again with an option, ro or rw.
func remount(t *testing.T, folder, option string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,"+option, folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// fill takes all room in a folder until empty is called.
func fill(t *testing.T, folder string) (empty func()) {
	t.Helper()
	name := filepath.Join(folder, "ballast")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for page := make([]byte, 4096); err == nil; {
		_, err = f.Write(page)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}

// command runs the program with other arguments than serve.
func command(args ...string) (out []byte, err error) {
	return exec.Command(program, args...).CombinedOutput()
}

// says runs a command as admin and returns all that it prints, and its exit status.
func (l *launched) says(command, input string) (text string, status int) {
	l.Helper()
	c, err := l.dial("admin")
	if err != nil {
		l.Fatal(err)
	}
	defer c.Close()
	session, err := c.NewSession()
	if err != nil {
		l.Fatal(err)
	}
	session.Stdin = strings.NewReader(input)
	out, err := session.CombinedOutput(command)
	exit := (*ssh.ExitError)(nil)
	if err != nil && !errors.As(err, &exit) {
		l.Fatalf("%s: %v", command, err)
	}
	if exit != nil {
		status = exit.ExitStatus()
	}
	return string(out), status
}

// expectSays expects an exit status and a part of what a command prints.
func (l *launched) expectSays(command string, status int, part string) {
	l.Helper()
	if text, got := l.says(command, ""); got != status || !strings.Contains(text, part) {
		l.Errorf("%s: exit status %d, want %d, and %q, want %q", command, got, status, text, part)
	}
}

// get returns the status and the body of a page for phones or for monitoring.
func (l *launched) get(path string) string {
	l.Helper()
	client := http.Client{Timeout: patience}
	r, err := client.Get("http://" + l.HTTP + path)
	if err != nil {
		l.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		l.Fatal(err)
	}
	return fmt.Sprintf("%d %s", r.StatusCode, body)
}

// until polls a page until it has a status and a part.
func (l *launched) until(path, status, part string) {
	l.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		got := l.get(path)
		if strings.HasPrefix(got, status+" ") && strings.Contains(got, part) {
			return
		}
		if time.Now().After(deadline) {
			l.Fatalf("%s is %q, want %s with %q", path, got, status, part)
		}
	}
}

// metric returns the value of a metric.
func (l *launched) metric(name string) float64 {
	l.Helper()
	page, err := getPage("http://" + l.Metrics + "/metrics")
	if err != nil {
		l.Fatal(err)
	}
	all, err := readMetrics(page)
	if err != nil {
		l.Fatal(err)
	}
	value, ok := all[name]
	if !ok {
		l.Fatalf("no metric %s", name)
	}
	return value
}

// notChanged is how the console refuses what can't be stored.
const notChanged = "not changed, because the service can't store changes now. Try again later, or tell your operator."

const phonePath = "/snom360.php?mac=0004132202E4"

// refusing expects that phones are answered as before, and that the service says
// everywhere why it refuses changes.
func (l *launched) refusing(why, answer string) {
	l.Helper()
	l.until("/healthz", "503", "phones are answered, but changes are refused: "+why)
	if got := l.get("/readyz"); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, why) {
		l.Errorf("/readyz is %q, want 200 with %q", got, why)
	}
	if got := l.metric("snomredirect_changes_refused"); got != 1 {
		l.Errorf("snomredirect_changes_refused is %v, want 1", got)
	}
	if got := l.get(phonePath); got != answer {
		l.Errorf("a phone gets %q, want %q", got, answer)
	}
}

// recovers waits until all is well, and expects that changes are stored again and that
// the first phone is still there.
func (l *launched) recovers(answer string) {
	l.Helper()
	l.until("/healthz", "200", "ok")
	l.expectSays("register 0004132f0001 http://later.example", 0, "")
	l.expectSays("show 0004132f0001", 0, "http://later.example")
	if got := l.metric("snomredirect_changes_refused"); got != 0 {
		l.Errorf("snomredirect_changes_refused is %v, want 0", got)
	}
	if got := l.get(phonePath); got != answer {
		l.Errorf("a phone gets %q, want %q", got, answer)
	}
	l.expectSays("show 0004132202e4", 0, "http://own.example")
}

// launchOn starts the program with a data folder, registers a phone and returns what
// that is answered.
func launchOn(t *testing.T, folder string) (l *launched, answer string) {
	t.Helper()
	l = launch(t, nil, "--data", folder, "--metrics", "127.0.0.1:0")
	l.administer("register 0004132202e4 http://own.example")
	answer = l.get(phonePath)
	if !strings.HasPrefix(answer, "200 ") || !strings.Contains(answer, "http://own.example") {
		t.Fatalf("a phone gets %q", answer)
	}
	return l, answer
}

// expectRefusalLogged waits until the log says that changes are refused.
func (l *launched) expectRefusalLogged() {
	l.Helper()
	const message = "changes are refused until this is repaired; phones are answered as far as the database can be read"
	if !strings.Contains(strings.Join(l.early, "\n"), message) {
		l.logged(message)
	}
}
