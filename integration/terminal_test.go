package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The steps of a session at a real terminal: what is typed, and the end of the last line
// once the screen is complete.
var terminalSteps = []struct {
	what  string
	do    func(*screen)
	until string
}{
	{"a partner logs in", func(*screen) {}, "==>"},
	{"registers phones", func(s *screen) { s.types("register 2e4 0004132202F0-0004132202FF\r") }, "==>"},
	{"lists them", func(s *screen) { s.types("list --long\r") }, "==>"},
	{"has a window of 40 columns and 12 lines, where help stops", func(s *screen) { s.resize(40, 12); s.types("help\r") }, "-- more: Space, Return, / or q --"},
	{"sees one more line", func(s *screen) { s.types("\r") }, "-- more: Space, Return, / or q --"},
	{"has seen enough", func(s *screen) { s.types("q") }, "==>"},
	{"types a line that is longer than the screen", func(s *screen) {
		s.types("register 2e5 http://prov.acme.example/a/very/long/path/{mac}/of/a/phone")
	}, "phone"},
	{"makes the window wider", func(s *screen) { s.resize(60, 12) }, "phone"},
	{"drops the line, and recalls the one before it", func(s *screen) { s.types("\x03\x1b[A") }, "==> help"},
	{"searches for an earlier one", func(s *screen) { s.types("\x15\x12regi") }, "02FF"},
	{"and runs it again", func(s *screen) { s.types("\r") }, "==>"},
	{"types wide characters, and erases one", func(s *screen) { s.types("電話番号 ü\x7f\x7f\x7f") }, "==> 電話番"},
	{"completes", func(s *screen) { s.types("\x15whoa\t") }, "==> whoami"},
	{"pastes a list of 200 lines", func(s *screen) { s.types("\x15register -\r"); s.pastes(200) }, "000413301FC7"},
	{"ends it", func(s *screen) { s.types("\x04") }, "==>"},
	{"makes the window wide, and asks what has changed", func(s *screen) { s.resize(160, 12); s.types("history\r") }, "==>"},
	{"leaves", func(s *screen) { s.types("\x04") }, "exit status 0"},
}

// The console at a real terminal, which tmux is: each screen is as in the golden file,
// which -update writes.
func TestTerminal(t *testing.T) {
	sources(t)
	for tool, hint := range map[string]string{"tmux": "tmux", "ssh": "openssh-client"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s to run this test: apt-get install %s", tool, hint)
		}
	}
	c := newSSHClientTest(t, sshClients["OpenSSH"])
	s := newScreen(t, c)
	var got bytes.Buffer
	for _, step := range terminalSteps {
		step.do(s)
		fmt.Fprintf(&got, "-- %s --\n%s", step.what, s.shows(step.until))
	}
	const golden = "testdata/terminal.golden"
	if *update {
		c.check(os.WriteFile(golden, got.Bytes(), 0o666))
	}
	want, err := os.ReadFile(golden)
	c.check(err)
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the screens differ from %s; -update writes\n%s", golden, &got)
	}
}

// A screen is a terminal in which the OpenSSH client of a partner runs.
type screen struct {
	*sshClientTest
	socket string
	last   string // what shows returned last
}

func newScreen(t *testing.T, c *sshClientTest) *screen {
	s := &screen{sshClientTest: c, socket: filepath.Join(t.TempDir(), "tmux")}
	command := fmt.Sprintf("ssh -tt -p %s -i %s -o IdentitiesOnly=yes -o IdentityAgent=none -o StrictHostKeyChecking=no -o UserKnownHostsFile=%s -o LogLevel=ERROR acme@127.0.0.1; echo exit status $?; exec sleep 600",
		c.port, c.key, filepath.Join(c.folder, "known_hosts"))
	s.tmux("", "new-session", "-d", "-x", "80", "-y", "24", command)
	t.Cleanup(func() { s.tmux("", "kill-server") })
	return s
}

// tmux runs a command of tmux, with input, and returns its output.
func (s *screen) tmux(input string, args ...string) string {
	s.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-f", os.DevNull, "-S", s.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "TERM=xterm", "SHELL=/bin/sh")
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.Fatalf("tmux %q: %v\n%s", args, err, &stderr)
	}
	return string(out)
}

func (s *screen) resize(columns, lines int) {
	s.Helper()
	s.tmux("", "resize-window", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(lines))
	time.Sleep(200 * time.Millisecond) // until the new size, which nothing acknowledges, has arrived
}

func (s *screen) types(keys string) {
	s.Helper()
	s.tmux(keys, "load-buffer", "-")
	s.tmux("", "paste-buffer", "-r") // -r: line feeds stay what they are
}

// pastes pastes lines with a MAC each.
func (s *screen) pastes(lines int) {
	s.Helper()
	var text strings.Builder
	for i := range lines {
		fmt.Fprintf(&text, "000413%06X\n", 0x301F00+i)
	}
	s.tmux(text.String(), "load-buffer", "-")
	s.tmux("", "paste-buffer")
}

// changing matches what differs in each session.
var changing = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC|SHA256:\S+`)

// shows waits until the screen has changed and its last line ends with a text, and
// returns the lines of the screen but for empty ones at its end. Times and fingerprints are replaced.
func (s *screen) shows(until string) string {
	s.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		text := strings.TrimRight(s.tmux("", "capture-pane", "-p"), " \n")
		again := strings.TrimRight(s.tmux("", "capture-pane", "-p"), " \n")
		if strings.HasSuffix(text, until) && text == again && text != s.last {
			s.last = text
			return changing.ReplaceAllStringFunc(text, func(old string) string {
				if strings.HasPrefix(old, "SHA256:") {
					return "SHA256:…"
				}
				return "2026-01-02 03:04:05 UTC"
			}) + "\n"
		}
		if time.Since(begun) > patience {
			s.Fatalf("the screen does not end with %q:\n%s", until, text)
		}
	}
}
