package integration

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readerPatience bounds each command of a page.
const readerPatience = 2 * time.Minute

// A reader follows a page on a machine of its own: a home folder with an SSH key
// and a checkout.
type reader struct {
	*testing.T
	home, folder string // folder is the checkout
	env          []string
	services     []*pageService
}

// A pageService is a service that a page has started.
type pageService struct {
	*exec.Cmd
	output string        // the file that it writes to
	ended  chan struct{} // closed when it has ended
}

// readersSSH stands before OpenSSH's ssh in PATH, because that takes the home
// folder from the user's account and not from HOME.
const readersSSH = `#!/bin/sh
case " $* " in
*" -i "*) ;;
*) set -- -i "$HOME/.ssh/id_ed25519" "$@" ;;
esac
exec "$REAL_SSH" -F none -o IdentityAgent=none -o BatchMode=yes \
  -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="$HOME/.ssh/known_hosts" "$@"
`

func newReader(t *testing.T) *reader {
	home := t.TempDir()
	r := &reader{T: t, home: home, folder: filepath.Join(home, "snomredirect")}
	if err := os.CopyFS(r.folder, os.DirFS("..")); err != nil {
		t.Fatal(err)
	}
	for _, built := range []string{"data", "snomredirect", "snomphone"} {
		if err := os.RemoveAll(filepath.Join(r.folder, built)); err != nil {
			t.Fatal(err)
		}
	}
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"bin", ".ssh"} {
		if err := os.Mkdir(filepath.Join(home, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(home, "bin", "ssh"), []byte(readersSSH), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, v := range os.Environ() { // flags come only from the pages
		if !strings.HasPrefix(v, "SNOMREDIRECT_") {
			r.env = append(r.env, v)
		}
	}
	r.env = append(r.env, "HOME="+home, "PATH="+filepath.Join(home, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "REAL_SSH="+ssh)
	r.env = append(r.env, goFolders(t)...)
	r.script("ssh-keygen -q -t ed25519 -N '' -C you@example.com -f ~/.ssh/id_ed25519")
	t.Cleanup(r.stop)
	return r
}

// goFolders returns the variables that keep the go command's folders in place
// although HOME is another folder.
func goFolders(t *testing.T) (env []string) {
	t.Helper()
	names := []string{"GOCACHE", "GOENV", "GOMODCACHE", "GOPATH"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, folder := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		env = append(env, names[i]+"="+folder)
	}
	if folder, err := os.UserConfigDir(); err == nil { // for telemetry
		env = append(env, "XDG_CONFIG_HOME="+folder)
	}
	return env
}

// script runs a block marked sh. All of it must succeed.
func (r *reader) script(text string) {
	r.Helper()
	var before strings.Builder
	run := func() {
		r.Helper()
		if out, ok := r.run("set -e\n"+before.String(), ""); !ok {
			r.Fatalf("%s\n%s", before.String(), out)
		}
		before.Reset()
	}
	for _, line := range commandLines(text) {
		if serves.MatchString(strings.TrimSpace(line)) {
			run()
			r.serve(line)
		} else {
			before.WriteString(line)
		}
	}
	run()
}

// write writes a file in the checkout.
func (r *reader) write(file, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, file), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

// commandLines splits text into lines. A line that ends in a backslash includes
// the next one.
func commandLines(text string) []string {
	return regexp.MustCompile(`(?m)^(.*\\\n)*.*\n?`).FindAllString(text, -1)
}

// serves are commands that run until they are stopped: a service, a cluster of several, and
// a process of a cluster, which runs beside the others.
var serves = regexp.MustCompile(`snomredirect serve|^integration/cluster/run$|^cluster/node\d`)

// serve starts a service and waits until it answers phones.
func (r *reader) serve(line string) {
	r.Helper()
	if !strings.HasPrefix(line, "cluster/") {
		r.stop()
	}
	s := &pageService{Cmd: exec.Command("bash", "-c", line), output: filepath.Join(r.home, fmt.Sprintf("service%d", len(r.services))), ended: make(chan struct{})}
	s.Dir, s.Env = r.folder, r.env
	s.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run and what it runs
	output, err := os.Create(s.output)
	if err != nil {
		r.Fatal(err)
	}
	defer output.Close()
	s.Stdout, s.Stderr = output, output
	if err := s.Start(); err != nil {
		r.Fatal(err)
	}
	r.services = append(r.services, s)
	go func() {
		defer close(s.ended)
		_ = s.Wait() // a service that is stopped by a signal
	}()
	for deadline := time.Now().Add(readerPatience); ; { // go run builds first
		select {
		case <-s.ended:
			r.Fatalf("%s\nhas ended:\n%s", line, r.said(s))
		case <-time.After(50 * time.Millisecond):
		}
		if r.ready(s, line) {
			return
		}
		if time.Now().After(deadline) {
			r.Fatalf("%s\ndoes not answer:\n%s", line, r.said(s))
		}
	}
}

// ready reports whether a service answers.
func (r *reader) ready(s *pageService, line string) bool {
	r.Helper()
	if strings.HasPrefix(line, "integration/cluster/run") {
		return strings.Contains(r.said(s), "The cluster is ready.")
	}
	port := "8080"
	if m := regexp.MustCompile(`--http \S*:(\d+)`).FindStringSubmatch(line); m != nil {
		port = m[1]
	} else if m := regexp.MustCompile(`^cluster/node(\d)`).FindStringSubmatch(line); m != nil {
		port = "810" + m[1]
	}
	response, err := http.Get("http://localhost:" + port + "/healthz")
	if err == nil {
		response.Body.Close()
	}
	return err == nil
}

// said returns what a service has written.
func (r *reader) said(s *pageService) string {
	text, err := os.ReadFile(s.output)
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

// stop ends the services as Ctrl-C does, the last one first.
func (r *reader) stop() {
	for _, s := range slices.Backward(r.services) {
		_ = syscall.Kill(-s.Process.Pid, syscall.SIGINT) // perhaps it has ended
		select {
		case <-s.ended:
		case <-time.After(readerPatience):
			_ = syscall.Kill(-s.Process.Pid, syscall.SIGKILL)
			r.Errorf("the service does not stop:\n%s", r.said(s))
			<-s.ended
		}
	}
	r.services = nil
}

// run runs a command, on a terminal if something is typed into it, and returns
// what it prints and whether it succeeds.
func (r *reader) run(command, typed string) (string, bool) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), readerPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	if typed != "" {
		cmd = exec.CommandContext(ctx, "script", "--quiet", "--return", "--echo", "never", "--command", command, "/dev/null")
	}
	cmd.Dir, cmd.Env, cmd.Stdin = r.folder, r.env, strings.NewReader(typed)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	out := strings.ReplaceAll(stdout.String(), "\r", "")
	if err != nil {
		out += stderr.String()
	}
	return out, err == nil
}
