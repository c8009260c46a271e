package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"snomredirect/store/etcd/etcdtest"
)

// A proofCluster is what TestProof breaks: nodes, and the etcd between them if there are
// several.
type proofCluster struct {
	*testing.T
	begun   time.Time
	nodes   []*proofNode
	members []*etcdtest.Member // none for a single node
}

// A proofNode is a process of the program, which may be down at times.
type proofNode struct {
	*story
	name  string
	flags []string
	links []*proofLink // to each member
	begun time.Time    // of the test

	mu    sync.Mutex
	at    addresses  // where the process listens
	outs  []proofOut // when it was killed or paused
	start int        // how often it was started
}

// A proofOut is a time during which a node owes nobody an answer; To is 0 until it ends.
type proofOut struct{ from, to time.Duration }

// startProof starts one node without etcd, or several with three members.
func startProof(t *testing.T, nodes int) *proofCluster {
	t.Helper()
	c := &proofCluster{T: t, begun: time.Now()}
	if nodes > 1 {
		c.members = etcdtest.Start(t, 3)
	}
	for i := range nodes {
		n := &proofNode{story: &story{folder: t.TempDir()}, name: fmt.Sprintf("node%d", i+1), begun: c.begun}
		n.flags = []string{"--admin-key", "admin.pub", "--quota", "1000000", "--scan-limit", "0", "--hold", "24h", "--log-level", "info"}
		var urls []string
		for _, m := range c.members {
			link := newProofLink(t, strings.TrimPrefix(m.URL, "http://"))
			n.links, urls = append(n.links, link), append(urls, link.URL)
		}
		if nodes > 1 {
			n.flags = append(n.flags, "--etcd", strings.Join(urls, ","), "--node", n.name)
		}
		c.nodes = append(c.nodes, n)
	}
	c.makeKeys()
	var starting sync.WaitGroup
	for _, n := range c.nodes { // at once, as after a power cut
		t.Cleanup(func() { c.tellLog(n) })
		starting.Go(func() {
			if err := n.run(); err != nil {
				t.Errorf("%s: %v", n.name, err)
			}
		})
	}
	if starting.Wait(); t.Failed() {
		t.FailNow()
	}
	c.addAccounts()
	return c
}

// proofAccounts are partners. admin is an operator.
var proofAccounts = []string{"p1", "p2", "p3"}

// makeKeys gives all nodes the same key files.
func (c *proofCluster) makeKeys() {
	c.Helper()
	for _, name := range append([]string{"admin"}, proofAccounts...) {
		if err := c.nodes[0].makeKey(name); err != nil {
			c.Fatal(err)
		}
	}
	for _, n := range c.nodes[1:] {
		if err := os.CopyFS(n.folder, os.DirFS(c.nodes[0].folder)); err != nil {
			c.Fatal(err)
		}
	}
}

func (c *proofCluster) addAccounts() {
	c.Helper()
	for _, name := range proofAccounts {
		key, err := os.ReadFile(filepath.Join(c.nodes[0].folder, name+".pub"))
		if err != nil {
			c.Fatal(err)
		}
		c.must("", "account add "+name+" http://"+name+".example/{mac}")
		c.must(string(key), "account key "+name+" add -")
	}
}

// must runs a command as an operator on the first node, which must succeed.
func (c *proofCluster) must(input, command string) string {
	c.Helper()
	out, err := c.nodes[0].ask(input, command)
	if err != nil {
		c.Fatalf("%s: %v\n%s", command, err, out)
	}
	return out
}

// ask runs a command as an operator, on a connection of its own.
func (n *proofNode) ask(input, command string) (string, error) {
	client, err := n.login("admin")
	if err != nil {
		return "", err
	}
	defer client.Close()
	return runIn(client, input, command)
}

// login opens a connection to where the node listens now.
func (n *proofNode) login(account string) (*ssh.Client, error) {
	now := &story{folder: n.folder, addresses: n.addresses()}
	return now.dial(account)
}

func (n *proofNode) addresses() addresses {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
}

// run starts the process.
func (n *proofNode) run() error {
	if err := n.story.start(nil, n.flags); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.at, n.start = n.story.addresses, n.start+1
	return nil
}

// down notes that the node owes nobody an answer from now on, and up that it does again.
func (n *proofNode) down() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.outs = append(n.outs, proofOut{from: time.Since(n.begun)})
}

func (n *proofNode) up() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.outs[len(n.outs)-1].to = time.Since(n.begun)
}

// owes reports whether the node was up for all of the time between two moments.
func (n *proofNode) owes(from, to time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, out := range n.outs {
		if from <= out.to || out.to == 0 {
			if to >= out.from {
				return false
			}
		}
	}
	return true
}

// kill ends the process as kill -9 does. It is down until up.
func (n *proofNode) kill() {
	n.down()
	_ = n.process.Process.Kill()
	_ = n.wait() // it was killed
}

// signal pauses the process, or lets it go on.
func (n *proofNode) signal(c *proofCluster, s syscall.Signal) {
	c.Helper()
	if err := n.process.Process.Signal(s); err != nil {
		c.Fatalf("%s: %v", n.name, err)
	}
}

// cut sets all of the node's links.
func (n *proofNode) cut(s linkState) {
	for _, l := range n.links {
		l.set(s)
	}
}

// boot requests a phone's settings as its first boot does, and returns the URL that it is
// redirected to, or "".
func (n *proofNode) boot(client *http.Client, mac string) (url string, err error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+n.addresses().HTTP+"/snom360/snom360.php?mac="+mac, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return "", err
	}
	text := string(body)
	if _, after, ok := strings.Cut(text, "setting_server$: "); ok {
		url, _, _ = strings.Cut(after, "\n")
		return url, nil
	}
	if response.StatusCode != http.StatusOK || !strings.HasSuffix(text, emptyFile) {
		return "", fmt.Errorf("%s: %q", response.Status, text)
	}
	return "", nil
}

// tellLog ends a node, and shows the end of its log if the test has failed.
func (c *proofCluster) tellLog(n *proofNode) {
	n.end()
	if !c.Failed() {
		return
	}
	text, _ := os.ReadFile(filepath.Join(n.folder, "serve.log"))
	c.Logf("the end of the log of %s:\n%s", n.name, text[max(0, len(text)-3000):])
}
