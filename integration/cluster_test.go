package integration

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"snomredirect/store/etcd/etcdtest"
)

// TestCluster runs three nodes on one etcd: what is changed on one is so on all, last
// contacts are shared, and phones are answered while etcd is away.
func TestCluster(t *testing.T) {
	member := etcdtest.Start(t, 1)[0]
	nodes := launchNodes(t, 3, member.URL, "--rds", "127.0.0.1:0", "--sraps", "--metrics", "127.0.0.1:0")
	a, b, c := nodes[0], nodes[1], nodes[2]

	for _, name := range []string{"ssh_host_ed25519_key", "rds.pem", "rds.key"} {
		for _, n := range nodes[1:] {
			if sameFile(t, a, n, name); t.Failed() {
				return
			}
		}
	}
	a.expectSays("account add acme", 0, "")
	b.expectSays("account server acme http://prov.acme.example/{mac}", 0, "")
	c.expectSays("account show acme", 0, "http://prov.acme.example/{mac}")

	a.expectSays("register 0004136FFFFF http://prov.acme.example/contact", 0, "")
	a.until("/snom360.php?mac=0004136FFFFF", "200", "/contact")
	t.Run("a phone", func(t *testing.T) {
		var delays []time.Duration
		for i := range 50 {
			mac := fmt.Sprintf("0004136%05X", i)
			a.expectSays("register "+mac+" http://prov.acme.example/p"+fmt.Sprint(i), 0, "")
			begun := time.Now()
			for _, n := range []*launched{b, c} {
				for !strings.Contains(n.get("/snom360.php?mac="+mac), "prov.acme.example/p"+fmt.Sprint(i)) {
					if time.Since(begun) > time.Second {
						t.Fatalf("%s is not redirected by another node", mac)
					}
				}
			}
			delays = append(delays, time.Since(begun))
		}
		slices.Sort(delays)
		t.Logf("from the end of REGISTER until both other nodes redirect the phone, with two requests: median %v, at most %v", delays[25], delays[49])
	})
	t.Run("a list", func(t *testing.T) {
		var list strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&list, "0004135%05X\n", i)
		}
		text, status := a.says("register - http://prov.acme.example/list --atomic", list.String())
		if status != 1 || !strings.Contains(text, "--max-txn-ops and --max-request-bytes") {
			t.Errorf("all or nothing: status %d, %q", status, text)
		}
		text, status = a.says("register - http://prov.acme.example/list", list.String())
		if status != 0 {
			t.Errorf("status %d, %q", status, text)
		}
		b.until("/snom360.php?mac=0004135003E7", "200", "/list")
		b.expectSays("undo", 0, "1000 phones as before")
		b.expectSays("history 0004135003E7 --limit 1", 0, " on n1: UNDO ")
	})
	t.Run("a lost etcd", func(t *testing.T) {
		member.Signal(syscall.SIGSTOP)
		a.until("/healthz", "503", "etcd can't be reached")
		for _, n := range nodes {
			if got := n.get("/snom360.php?mac=000413600001"); !strings.Contains(got, "prov.acme.example/p1") {
				t.Errorf("while etcd is away: %s", got)
			}
		}
		if got := a.get("/readyz"); !strings.HasPrefix(got, "200 ") {
			t.Error(got)
		}
		a.expectSays("register 000413700000 http://prov.acme.example/p", 1, "can't store changes now")
		member.Signal(syscall.SIGCONT)
		a.until("/healthz", "200", "ok")
		a.expectSays("register 000413700000 http://prov.acme.example/back", 0, "")
		b.until("/snom360.php?mac=000413700000", "200", "/back")
	})
	t.Run("a last contact", func(t *testing.T) {
		for begun := time.Now(); ; time.Sleep(500 * time.Millisecond) {
			text, _ := b.says("show 0004136FFFFF", "")
			if strings.Contains(text, "from 127.0.0.1 over HTTP: snom360, redirected") {
				break
			}
			if time.Since(begun) > 20*time.Second {
				t.Fatalf("what a phone requested on one node is unknown on another one: %s", text)
			}
		}
		alone := launchNodes(t, 1, member.URL, "--node", "alone", "--contacts", "local")[0]
		time.Sleep(2 * time.Second) // it would have read them by now
		alone.expectSays("show 0004136FFFFF", 0, "none yet")
	})
	t.Run("a node of the same name", func(t *testing.T) {
		out, err := command("serve", "--data", t.TempDir(), "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--etcd", member.URL, "--node", "n0",
			"--admin-key", filepath.Join(a.folder, "admin.pub"))
		if err == nil || !strings.Contains(string(out), "a node of that name is running") {
			t.Errorf("%v, %s", err, out)
		}
	})
	t.Run("a folder of a node alone", func(t *testing.T) {
		c.signal(syscall.SIGTERM)
		c.exits()
		out, err := command("serve", "--data", filepath.Join(c.folder, "data"), "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0")
		if err == nil || !strings.Contains(string(out), "a replica of what etcd stores") {
			t.Errorf("%v, %s", err, out)
		}
	})
	t.Run("a backup of a node alone", func(t *testing.T) {
		client, err := b.dial("admin")
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		backup, err := session.Output("backup")
		archive, data := filepath.Join(b.folder, "backup.tar"), filepath.Join(c.folder, "data")
		if err := errors.Join(err, os.WriteFile(archive, backup, 0o600), os.RemoveAll(data)); err != nil {
			t.Fatal(err)
		}
		out, err := command("restore", archive, "--data", data)
		if err != nil || !strings.Contains(string(out), "serve it without --etcd") {
			t.Fatalf("%v, %s", err, out)
		}
		c.relaunch(nil)
		c.expectSays("register 000413800000 http://prov.acme.example/alone", 0, "")
		for mac, want := range map[string]string{"000413600001": "/p1", "000413800000": "/alone"} {
			if got := c.get("/snom360.php?mac=" + mac); !strings.Contains(got, want) {
				t.Errorf("%s: %s", mac, got)
			}
		}
	})
}

// TestMove moves the folder of a single machine into etcd and back.
func TestMove(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1)[0]
	l := launch(t, nil)
	l.expectSays("register 000413600000 http://prov.acme.example/moved", 0, "")
	l.signal(syscall.SIGTERM)
	l.exits()
	data, back := filepath.Join(l.folder, "data"), filepath.Join(t.TempDir(), "back")
	move := func(want string, args ...string) {
		t.Helper()
		out, err := command(append([]string{"move", "--etcd", member.URL}, args...)...)
		if !strings.Contains(string(out), want) {
			t.Fatalf("%v: %v, %s", args, err, out)
		}
	}
	move("etcd has nothing under this prefix", "--data", back, "--from-etcd")
	move("Dry run: ", "--data", data, "--dry-run")
	move("serve it with --etcd", "--data", data)
	move("not empty", "--data", data)
	key, err := os.ReadFile(filepath.Join(data, "ssh_host_ed25519_key"))
	if err != nil {
		t.Fatal(err)
	}
	l.relaunch(nil, "--etcd", member.URL, "--node", "a")
	if got := l.get("/snom360.php?mac=000413600000"); !strings.Contains(got, "/moved") {
		t.Error(got)
	}
	move("nodes are running", "--data", back, "--from-etcd")
	l.signal(syscall.SIGTERM)
	l.exits()
	move("Serve it without --etcd", "--data", back, "--from-etcd")
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(back, data); err != nil {
		t.Fatal(err)
	}
	l.relaunch(nil)
	if got := l.get("/snom360.php?mac=000413600000"); !strings.Contains(got, "/moved") {
		t.Error(got)
	}
	if again, err := os.ReadFile(filepath.Join(data, "ssh_host_ed25519_key")); err != nil || string(again) != string(key) {
		t.Errorf("the host key has changed, %v", err)
	}
}

// launchNodes starts nodes of one cluster, whose operator has the same key on all, and
// which have the same key file of API keys.
func launchNodes(t *testing.T, n int, urls string, flags ...string) (all []*launched) {
	t.Helper()
	for i := range n {
		l := &launched{T: t, story: &story{folder: t.TempDir()}, ended: make(chan struct{})}
		if i == 0 {
			if err := l.makeKey("admin"); err != nil {
				t.Fatal(err)
			}
		} else {
			for _, name := range []string{"admin.key", "admin.pub"} {
				copyFile(t, filepath.Join(all[0].folder, name), filepath.Join(l.folder, name))
			}
			if err := os.Mkdir(filepath.Join(l.folder, "data"), 0o700); err != nil {
				t.Fatal(err)
			}
			if slices.Contains(flags, "--sraps") {
				copyFile(t, filepath.Join(all[0].folder, "data", "api.key"), filepath.Join(l.folder, "data", "api.key"))
			}
		}
		l.relaunch(func(c *exec.Cmd) {}, append([]string{"--etcd", urls, "--node", fmt.Sprint("n", i)}, flags...)...)
		all = append(all, l)
	}
	return all
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func sameFile(t *testing.T, a, b *launched, name string) {
	t.Helper()
	one, err := os.ReadFile(filepath.Join(a.folder, "data", name))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(filepath.Join(b.folder, "data", name))
	if err != nil || string(one) != string(other) {
		t.Errorf("%s differs, %v", name, err)
	}
}
