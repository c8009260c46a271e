package integration

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The configurations of nginx and HAProxy in the documentation tell the service its
// clients' addresses.
func TestDocumentedProxies(t *testing.T) {
	page, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	f := startFlooded(t, "--trusted-proxy", "127.0.0.1", "--log-level", "debug")
	http, https, ssh := freeAddress(t), freeAddress(t), freeAddress(t)
	for _, p := range []struct {
		name, title   string
		before, after string
		addresses     []string // documented ones, and what replaces them
		arguments     []string
		through       flooded
		answered      int
	}{
		{"nginx", "nginx", "pid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n", "}\n",
			[]string{"listen 80;", "listen " + http + ";", "127.0.0.1:8080", f.HTTP},
			[]string{"-p", f.folder, "-e", "stderr", "-g", "daemon off;", "-c"}, f.at(addresses{HTTP: http}), 1},
		{"haproxy", "HAProxy", "", "", []string{":443", https, "127.0.0.1:8443", f.HTTPS, ":22\n", ssh + "\n", "127.0.0.1:2222", f.SSH},
			[]string{"-db", "-f"}, f.at(addresses{HTTPS: https, SSH: ssh}), 2},
	} {
		t.Run(p.name, func(t *testing.T) {
			if _, err := exec.LookPath(p.name); err != nil {
				t.Skip(p.name + " is not installed")
			}
			_, block, found := strings.Cut(string(page), "\nWith "+p.title+" in front of ")
			_, block, _ = strings.Cut(block, "```conf\n")
			block, _, ended := strings.Cut(block, "```")
			if !found || !ended {
				t.Fatal("it is not in the page")
			}
			file := filepath.Join(f.folder, p.name+".conf")
			if err := os.WriteFile(file, []byte(p.before+strings.NewReplacer(p.addresses...).Replace(block)+p.after), 0o600); err != nil {
				t.Fatal(err)
			}
			proxy := exec.Command(p.name, append(p.arguments, file)...)
			proxy.Stderr = os.Stderr
			if err := proxy.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = proxy.Process.Signal(os.Interrupt); _ = proxy.Wait() }()
			client := map[string]string{"nginx": "127.0.5.1", "haproxy": "127.0.5.2"}[p.name]
			for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
				failed := p.through.through(peer(client, ""))
				if 4-len(failed) == p.answered {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("not answered: %q", failed)
				}
			}
			if n := f.seen(client, p.answered); n < p.answered {
				t.Errorf("the log has %d lines of the client, want %d", n, p.answered)
			}
		})
	}
}

// at returns f with other addresses.
func (f flooded) at(a addresses) flooded {
	s := *f.story
	s.addresses, f.story = a, &s
	return f
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
