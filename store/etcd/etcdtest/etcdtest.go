// Package etcdtest runs a real etcd for tests.
//
// Its program is built from a module of its own, integration/etcd, so that the service
// does not depend on etcd's server.
package etcdtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds how long members may take to elect a leader.
const patience = 30 * time.Second

// A Member is a process of etcd. Its data and its addresses stay when it ends and starts
// again.
type Member struct {
	URL string // for clients

	testing.TB
	name    string
	args    []string
	process *exec.Cmd // nil if it does not run
	log     *os.File
}

// Start starts a cluster of that many members on free ports of the loopback address,
// until the test ends, with more flags. The test is skipped if etcd can't be built.
func Start(t testing.TB, members int, flags ...string) []*Member {
	t.Helper()
	_ = program(t)
	folder := t.TempDir()
	all := make([]*Member, members)
	var peers []string
	for i := range all {
		name, peer, client := fmt.Sprintf("m%d", i+1), freeURL(t), freeURL(t)
		peers = append(peers, name+"="+peer)
		log, err := os.Create(filepath.Join(folder, name+".log"))
		if err != nil {
			t.Fatal(err)
		}
		all[i] = &Member{URL: client, TB: t, name: name, log: log, args: []string{
			"--name", name, "--data-dir", filepath.Join(folder, name),
			"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
			"--listen-client-urls", client, "--advertise-client-urls", client}}
		all[i].args = append(all[i].args, flags...)
	}
	for _, m := range all {
		m.args = append(m.args, "--initial-cluster", strings.Join(peers, ","))
		m.begin()
	}
	t.Cleanup(func() {
		for _, m := range all {
			m.Kill()
			if t.Failed() {
				text, _ := os.ReadFile(m.log.Name())
				t.Logf("the end of the log of etcd's %s:\n%s", m.name, text[max(0, len(text)-4000):])
			}
			m.log.Close()
		}
	})
	for _, m := range all {
		m.await()
	}
	return all
}

// URLs returns the addresses of members for clients.
func URLs(all []*Member) (urls []string) {
	for _, m := range all {
		urls = append(urls, m.URL)
	}
	return urls
}

// Start starts the member again, and returns once it serves.
func (m *Member) Start() {
	m.Helper()
	m.begin()
	m.await()
}

func (m *Member) begin() {
	m.Helper()
	m.process = exec.Command(program(m.TB), m.args...)
	m.process.Stdout, m.process.Stderr = m.log, m.log
	if err := m.process.Start(); err != nil {
		m.Fatal(err)
	}
}

// await waits until the member has a leader.
func (m *Member) await() {
	m.Helper()
	var last error
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(m.URL + "/health")
		if last = err; err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
		last = fmt.Errorf("it answers %s", response.Status)
	}
	m.Fatalf("etcd's %s is not healthy after %v: %v", m.name, patience, last)
}

// Signal sends a signal to the member. If that pauses it, Signal waits, on Linux, until it answers
// nothing any more: its threads stop one after another.
func (m *Member) Signal(s os.Signal) {
	m.Helper()
	if err := m.process.Process.Signal(s); err != nil {
		m.Fatal(err)
	}
	for begun := time.Now(); s == syscall.SIGSTOP && runs(m.process.Process.Pid); time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			m.Fatalf("etcd's %s does not stop", m.name)
		}
	}
}

// runs reports whether a thread of a process is not stopped, where /proc shows it.
func runs(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if _, state, _ := strings.Cut(string(stat), ") "); err == nil && !strings.HasPrefix(state, "T") {
			return true
		}
	}
	return false
}

// Leads reports whether the member is the leader.
func (m *Member) Leads() bool {
	m.Helper()
	response, err := http.Post(m.URL+"/v3/maintenance/status", "application/json", strings.NewReader("{}"))
	if err != nil {
		m.Fatal(err)
	}
	defer response.Body.Close()
	var status struct {
		Header struct {
			Member string `json:"member_id"`
		}
		Leader string
	}
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
		m.Fatal(err)
	}
	return status.Leader == status.Header.Member
}

// Kill ends the member as a power cut would. It does nothing if it has ended.
func (m *Member) Kill() {
	if m.process == nil {
		return
	}
	_ = m.process.Process.Kill()
	_ = m.process.Wait() // it was killed
	m.process = nil
}

// freeURL returns a URL with a port that is free now: etcd needs to know the ports of all
// members before the first one starts.
func freeURL(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// build builds etcd, once in a process. Go keeps what it has built.
var build = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", err
	}
	var why bytes.Buffer
	tool := exec.Command("go", "tool", "-n", "go.etcd.io/etcd/server/v3")
	tool.Dir = filepath.Join(strings.TrimSpace(string(root)), "integration", "etcd")
	tool.Stderr = &why
	path, err := tool.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(why.String()))
	}
	return strings.TrimSpace(string(path)), nil
})

func program(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Skipf("etcd can't be built, for which its modules must be downloaded once: %v", err)
	}
	return path
}
