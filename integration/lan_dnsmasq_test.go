//go:build linux

package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dnsmasq runs dnsmasq on the router to the end of the test, with files of docs/lan.md
// and what these take for granted: a range of addresses. It returns the file of its log.
func (n *network) dnsmasq(t *testing.T, files ...string) (log string) {
	t.Helper()
	folder := t.TempDir()
	configuration := filepath.Join(folder, "dnsmasq.conf")
	if err := os.WriteFile(configuration, []byte(strings.Join(files, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	// The mount is in a mount namespace of this command's own.
	args := []string{"sh", "-c", `mount --bind "$0" /srv && exec dnsmasq "$@"`, n.srv, "--conf-file=" + configuration,
		"--user=root", "--keep-in-foreground", "--log-facility=-", "--pid-file=", "--dhcp-leasefile=" + filepath.Join(folder, "leases"),
		"--dhcp-range=192.0.2.100,192.0.2.199,1h", "--no-ping", "--no-hosts", "--no-resolv"}
	if out, err := n.router.command(append(args, "--test")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log = filepath.Join(folder, "log")
	n.start(t, n.router, log, args...)
	waitForLine(t, log, "started, version")
	return log
}

// start runs a command to the end of the test, with its output in a file.
func (n *network) start(t *testing.T, m machine, output string, args ...string) {
	t.Helper()
	f, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := m.command(args...)
	c.Stdout, c.Stderr = f, f
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

// waitForLine waits until a file contains text.
func waitForLine(t *testing.T, file, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		got, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(got), text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no line has %q: %v\n%s", text, err, got)
		}
	}
}
