package integration

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadme runs the commands of the README as they are written there, in a
// copy of the checkout. A block marked sh holds commands, one marked console
// commands behind "$ ", what is typed into them behind "==> ", and what they
// answer. A command that serves runs on until another one does. Blocks marked
// "sh docker" and "sh test" are the matter of other tests.
func TestReadme(t *testing.T) {
	if os.Getenv("SNOMREDIRECT_TEST_README") == "" {
		t.Skip("set SNOMREDIRECT_TEST_README=1 to run the commands of the README: they take ports 80, 443, 2222, 8080, 8081 and 8083")
	}
	for _, tool := range []string{"ssh", "ssh-keygen", "curl", "openssl", "python3", "script", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s to run the commands of the README", tool)
		}
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	blocks := regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 6 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for _, block := range blocks {
		if block[1] == "sh" {
			for line := range strings.Lines(block[2]) {
				r.command(strings.TrimSuffix(line, "\n"))
			}
		} else {
			r.transcript(block[2])
		}
	}
}

// A reader follows the README at a machine of its own.
type reader struct {
	*testing.T
	folder  string // of the checkout
	env     []string
	service *exec.Cmd
}

func newReader(t *testing.T) *reader {
	home := t.TempDir()
	r := &reader{T: t, folder: filepath.Join(home, "checkout")}
	if err := os.CopyFS(r.folder, os.DirFS("..")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(r.folder, "data")); err != nil {
		t.Fatal(err)
	}
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{
		// Of this test's own are only the memory of known hosts …
		"ssh": "#!/bin/sh\nexec " + ssh + " -F none -o UserKnownHostsFile=" + home + "/known_hosts -o IdentityAgent=none \"$@\"\n",
		// … and the hand that types passwords.
		"askpass": "#!/bin/sh\ncase \"$1\" in *yes/no*) echo yes;; *admin@*) cat " + home + "/admin;; *acme@*) cat " + home + "/acme;; esac\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r.env = append(os.Environ(), "PATH="+home+":"+os.Getenv("PATH"), "SSH_ASKPASS="+home+"/askpass", "SSH_ASKPASS_REQUIRE=force")
	t.Cleanup(r.stop)
	return r
}

// command runs one line of a block marked sh.
func (r *reader) command(line string) {
	r.Helper()
	if strings.Contains(line, "snomredirect serve") {
		r.serve(line)
		return
	}
	if out, ok := r.run(line, ""); !ok {
		r.Fatalf("$ %s\n%s", line, out)
	}
}

// serve starts the service and waits until phones are answered.
func (r *reader) serve(line string) {
	r.Helper()
	r.stop()
	r.service = exec.Command("bash", "-c", line)
	r.service.Dir, r.service.Env = r.folder, r.env
	r.service.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run and what it runs
	output, err := os.Create(filepath.Join(r.folder, "..", "service"))
	if err != nil {
		r.Fatal(err)
	}
	defer output.Close()
	r.service.Stderr = output
	if err := r.service.Start(); err != nil {
		r.Fatal(err)
	}
	port := "8080"
	if strings.Contains(line, "--http :80 ") {
		port = "80"
	}
	deadline := time.Now().Add(2 * time.Minute) // go run builds first
	for {
		if response, err := http.Get("http://localhost:" + port + "/healthz"); err == nil {
			response.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			r.Fatalf("$ %s\n%s", line, r.said())
		}
		time.Sleep(100 * time.Millisecond)
	}
	if m := regexp.MustCompile(`(?m)^    ([A-Z2-7]{20})$`).FindStringSubmatch(r.said()); m != nil {
		r.knows("admin", m[1])
	}
}

func (r *reader) said() string {
	text, err := os.ReadFile(filepath.Join(r.folder, "..", "service"))
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

func (r *reader) stop() {
	if r.service == nil {
		return
	}
	_ = syscall.Kill(-r.service.Process.Pid, syscall.SIGINT) // as Ctrl-C
	_ = r.service.Wait()
	r.service = nil
}

// knows notes an account's password for the hand that types it.
func (r *reader) knows(account, password string) {
	if err := os.WriteFile(filepath.Join(r.folder, "..", account), []byte(password+"\n"), 0o600); err != nil {
		r.Fatal(err)
	}
}

// transcript runs the commands of a block marked console and compares.
func (r *reader) transcript(text string) {
	r.Helper()
	for _, part := range regexp.MustCompile(`(?m)^\$ `).Split(text, -1)[1:] {
		command, want, _ := strings.Cut(part, "\n")
		var typed strings.Builder
		for _, m := range regexp.MustCompile(`(?m)^==> (.*)$`).FindAllStringSubmatch(want, -1) {
			typed.WriteString(m[1] + "\n")
		}
		got, _ := r.run(command, typed.String())
		if m := regexp.MustCompile(`^([A-Z2-7]{20})\n$`).FindStringSubmatch(got); m != nil {
			r.knows("acme", m[1])
		}
		if alike(got) != alike(want) {
			r.Fatalf("$ %s\n%s\nThe README says\n%s", command, got, want)
		}
	}
}

// alike makes alike what differs from day to day.
func alike(s string) string {
	s = regexp.MustCompile(`(?m)^[A-Z2-7]{20}$`).ReplaceAllString(s, "PASSWORD")
	s = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d`).ReplaceAllString(s, "TIME")
	return strings.TrimRight(s, "\n")
}

// run runs a command, at a terminal if something is typed into it, and returns
// what it shows and whether it ended well.
func (r *reader) run(command, typed string) (string, bool) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	if typed != "" {
		cmd = exec.CommandContext(ctx, "script", "--quiet", "--return", "--echo", "never", "--command", command, "/dev/null")
	}
	cmd.Dir, cmd.Env, cmd.Stdin = r.folder, r.env, strings.NewReader(typed)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	out := strings.ReplaceAll(stdout.String(), "\r", "")
	if err != nil {
		out += stderr.String()
	}
	return out, err == nil
}
