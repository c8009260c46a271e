package sshconsole

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// Without setting files, SFTP is refused in words.
func TestNoFilesBySFTP(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	session, err := l.login("acme", gossh.PublicKeys(l.newKey("acme"))).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	stderr := l.stderrOf(session)
	if err := session.RequestSubsystem("sftp"); err != nil {
		t.Fatal(err)
	}
	l.waits(stderr, "SFTP: this service keeps no setting files, because it runs without --files.\n")
}

// Other programs that transfer files learn what to use.
func TestOtherTransfers(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(c, "scp -t x", 1, "This service takes files by sftp: use scp without -O.\n")
	l.runs(c, "rsync --server -e.LsfxC . x", 1, "use scp or sftp.\n")
	l.runs(c, "git-upload-pack 'x'", 1, "use scp or sftp.\n")
}

// A login that has ended changes and reads nothing more.
func TestLoggedOutBySFTP(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	conn := l.login("acme", gossh.Password(l.newPassword("acme")))
	c, stderr := l.sftp(conn)
	if err := put(c, "a.xml", "old"); err != nil {
		t.Fatal(err)
	}
	f, err := c.Create("a.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	l.newPassword("acme") // by a shell that the server doesn't know, so that it closes nothing
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "logged out") {
		t.Error(err)
	}
	l.waits(stderr, "You are logged out")
	if _, err := c.ReadDir("/"); err == nil {
		t.Error("listed")
	}
	l.stored(map[string]string{"a.xml": "old"})
}

// A session without requests is idle; one with an upload is waited for.
func TestIdleSFTP(t *testing.T) {
	const idle = 300 * time.Millisecond
	l := newFilesLab(t, limitsOfTime(idle, time.Hour))
	key := gossh.PublicKeys(l.newKey("acme"))
	conn := l.login("acme", key)
	_, stderr := l.sftp(conn)
	l.waits(stderr, "Closed: nothing was typed for 300ms.")
	l.ends(conn)

	busy := l.login("acme", key)
	c, _ := l.sftp(busy)
	f, err := c.Create("a.xml")
	if err != nil {
		t.Fatal(err)
	}
	idling := l.login("acme", key)
	l.sftp(idling)
	time.Sleep(2 * idle)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); l.server.Shutdown(ctx) }()
	l.ends(idling)
	if _, err := f.Write([]byte("late")); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	<-done
	l.stored(map[string]string{"a.xml": "late"})
}

// openSSH returns a command of OpenSSH that logs in as acme.
func (l *lab) openSSH(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	key, public, err := newKeyFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.does("olga", "account key acme add "+public)
	_, port, _ := net.SplitHostPort(l.address)
	options := []string{"-F", "none", "-P", port, "-i", key}
	for _, o := range []string{"StrictHostKeyChecking=no", "UserKnownHostsFile=" + filepath.Join(dir, "known"), "IdentitiesOnly=yes", "BatchMode=yes", "LogLevel=ERROR"} {
		options = append(options, "-o", o)
	}
	return exec.CommandContext(t.Context(), program, append(options, args...)...)
}

// newKeyFile makes a private key in a folder, and returns its file and the public key.
func newKeyFile(dir string) (file, public string, err error) {
	file = filepath.Join(dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file).CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("%w: %s", err, out)
	}
	text, err := os.ReadFile(file + ".pub")
	return file, strings.TrimSpace(string(text)), err
}

func TestOpenSSH(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	dir := t.TempDir()
	for name, text := range map[string]string{"up/snom360.htm": "<s/>", "up/360/general.xml": strings.Repeat("x", store.MaxFileSize), "bad.htm": "<bad", "large.xml": strings.Repeat("x", 4<<20)} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	batch := filepath.Join(dir, "batch")
	if err := os.WriteFile(batch, []byte("cd up\nls -l\nget snom360.htm "+dir+"/got.htm\nput "+dir+"/up/snom360.htm second.htm\nmkdir made\ncd made\npwd\ncd ..\nrmdir made\nrm snom360.htm\nls\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := "acme@127.0.0.1"
	for _, test := range []struct {
		program string
		args    []string
		ok      bool
		want    string
	}{
		{"scp", []string{"-rp", dir + "/up", at + ":/"}, true, "up/snom360.htm: warning"},
		{"scp", []string{"-r", dir + "/up", at + ":/"}, true, ""}, // the folder is there already
		{"scp", []string{"-r", at + ":/up", dir + "/down"}, true, ""},
		{"scp", []string{dir + "/bad.htm", at + ":bad.htm"}, false, "bad.htm:3:5: error: not XML"},
		{"scp", []string{dir + "/large.xml", at + ":"}, false, "larger than 256 KiB"},
		{"scp", []string{"-O", dir + "/bad.htm", at + ":"}, false, "use scp without -O"},
		{"scp", []string{at + ":none.htm", dir + "/none"}, false, "No such file"},
		{"sftp", []string{"-b", batch, at}, true, "made"},
	} {
		cmd := l.openSSH(t, test.program, test.args...)
		out, err := cmd.CombinedOutput()
		if (err == nil) != test.ok || !bytes.Contains(out, []byte(test.want)) {
			t.Errorf("%s %q: %v, %s", test.program, test.args, err, out)
		}
	}
	for name, want := range map[string]string{"got.htm": "<s/>", "down/snom360.htm": "<s/>", "down/360/general.xml": strings.Repeat("x", store.MaxFileSize)} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	l.stored(map[string]string{"up/360/general.xml": strings.Repeat("x", store.MaxFileSize), "up/second.htm": "<s/>"})
}
