package integration

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"golang.org/x/crypto/ssh"
)

const (
	proofSlots    = 6   // phones that are changed at the same time
	proofMost     = 400 // commands for a phone; another one follows
	proofMostLost = 4   // the same for commands without an answer, which make checks long
	// proofPatience bounds a command. It is longer than the service lets one wait for etcd.
	proofPatience = 25 * time.Second
	// proofFresh is within how long a SHOW must end to count as one that has seen all
	// changes before it: after a second the service shows what it has.
	proofFresh = 900 * time.Millisecond
)

// A proofPhones are the phones that clients change, and what was done to each.
type proofPhones struct {
	mu    sync.Mutex
	slots [proofSlots]string
	made  int
	// by MAC
	history map[string][]porcupine.Operation
	losses  map[string]int

	urls atomic.Int64 // made so far
}

func newProofPhones() *proofPhones {
	p := &proofPhones{history: map[string][]porcupine.Operation{}, losses: map[string]int{}}
	for i := range p.slots {
		p.slots[i] = p.next()
	}
	return p
}

func (p *proofPhones) next() string {
	p.made++
	return fmt.Sprintf("00041341%04X", p.made)
}

func (p *proofPhones) any(random *rand.Rand) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slots[random.IntN(proofSlots)]
}

// add notes what was done to a phone.
func (p *proofPhones) add(mac string, op porcupine.Operation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.history[mac] = append(p.history[mac], op)
	if op.Output.(proofResult).code == lost {
		p.losses[mac]++
	}
	if len(p.history[mac]) < proofMost && p.losses[mac] < proofMostLost {
		return
	}
	for i := range p.slots {
		if p.slots[i] == mac {
			p.slots[i] = p.next()
		}
	}
}

// A proofClient is a person or a tool that does one command after the other, each on any
// of the nodes.
type proofClient struct {
	*proofCluster
	phones  *proofPhones
	id      int
	account string
	random  *rand.Rand
	logins  map[*proofNode]*proofLogin
	took    []time.Duration // by commands that were answered
	// counts of others
	unheard, refused, unfresh int
}

type proofLogin struct {
	*ssh.Client
	start int // of the node's processes
}

// work does commands until stop is closed.
func (c *proofClient) work(stop <-chan struct{}) {
	defer func() {
		for _, l := range c.logins {
			l.Close()
		}
	}()
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(c.random.IntN(25)) * time.Millisecond): // people type
		}
		c.one(c.nodes[c.random.IntN(len(c.nodes))], c.phones.any(c.random), c.choose())
	}
}

// choose chooses a command that the account may do.
func (c *proofClient) choose() proofCommand {
	command := proofCommand{by: c.account, account: c.account}
	if c.account == "admin" {
		command.account = proofAccounts[c.random.IntN(len(proofAccounts))]
	}
	switch n := c.random.IntN(10); {
	case n < 4:
		command.verb, command.url = "register", int(c.phones.urls.Add(1))
	case n < 6 || c.account != "admin":
		command.verb = "deregister"
	case n < 8:
		command.verb = "transfer"
	default:
		command.verb = "show"
	}
	return command
}

func (p proofCommand) line(mac string) string {
	switch {
	case p.verb == "register" && p.by == "admin":
		return fmt.Sprintf("register %s %s --account %s --json", mac, proofURL(p.url), p.account)
	case p.verb == "register":
		return fmt.Sprintf("register %s %s --json", mac, proofURL(p.url))
	case p.verb == "transfer":
		return fmt.Sprintf("transfer %s %s --json", mac, p.account)
	}
	return p.verb + " " + mac + " --json"
}

func proofURL(n int) string { return fmt.Sprintf("http://u%d.example/{mac}", n) }

// proofNumber returns the number in a URL, and 0 for none.
func proofNumber(url string) int {
	number, _, _ := strings.Cut(strings.TrimPrefix(url, "http://u"), ".")
	n, _ := strconv.Atoi(number)
	return n
}

// one does a command on a node, and notes it.
func (c *proofClient) one(n *proofNode, mac string, command proofCommand) {
	client, err := c.client(n)
	if err != nil {
		return // it was not done
	}
	call := time.Since(c.begun)
	stdout, stderr, err := runWithin(client, command.line(mac), proofPatience)
	took := time.Since(c.begun) - call
	result, known := c.result(n, command, stdout, stderr, err)
	switch {
	case result.code == "busy":
		c.refused++
		return
	case command.verb == "show" && (result.code == lost || took > proofFresh || strings.Contains(stderr, "as of")):
		c.unfresh++
		return // it says nothing for certain
	case result.code == lost:
		c.unheard++
	case !known:
		c.Errorf("%s on %s: %v\n%s%s", command.line(mac), n.name, err, stdout, stderr)
		return
	default:
		c.took = append(c.took, took)
	}
	c.phones.add(mac, porcupine.Operation{ClientId: c.id, Input: command, Call: int64(call), Output: result, Return: int64(call + took), Metadata: n.name})
}

// result reads the answer to a command. It is not known if no command may have it.
func (c *proofClient) result(n *proofNode, command proofCommand, stdout, stderr string, err error) (r proofResult, known bool) {
	var exit *ssh.ExitError
	switch {
	case errors.As(err, &exit) && exit.Signal() == "":
		var problem struct{ Code string }
		for line := range strings.Lines(stderr) {
			_ = json.Unmarshal([]byte(line), &problem) // what is not a problem has no code
		}
		if problem.Code == "internal" && strings.Contains(stderr, "not known whether") {
			problem.Code = lost
		}
		return proofResult{code: problem.Code}, problem.Code == "taken" || problem.Code == "not_found"
	case err != nil:
		c.logins[n].Close()
		delete(c.logins, n)
		return proofResult{code: lost}, true
	case command.verb != "show":
		return proofResult{}, true
	}
	var shown struct {
		State, Account string
		Server         string `json:"setting_server"`
	}
	if err := json.Unmarshal([]byte(stdout), &shown); err != nil {
		return r, false
	}
	r.phone = proofPhone{account: shown.Account, held: shown.State == "held", url: proofNumber(shown.Server)}
	return r, true
}

// client returns the client's connection to a node, a new one after the node's restart.
func (c *proofClient) client(n *proofNode) (*ssh.Client, error) {
	n.mu.Lock()
	start := n.start
	n.mu.Unlock()
	if l := c.logins[n]; l != nil && l.start == start {
		return l.Client, nil
	} else if l != nil {
		l.Close()
		delete(c.logins, n)
	}
	client, err := n.login(c.account)
	if err == nil {
		c.logins[n] = &proofLogin{client, start}
	}
	return client, err
}

// runWithin runs a command, and gives it up with its connection after a while.
func runWithin(client *ssh.Client, command string, most time.Duration) (stdout, stderr string, err error) {
	late := time.AfterFunc(most, func() { client.Close() })
	defer late.Stop()
	session, err := client.NewSession()
	if err != nil {
		return "", "", err
	}
	defer session.Close()
	var out, problems bytes.Buffer
	session.Stdout, session.Stderr = &out, &problems
	err = session.Run(command)
	return out.String(), problems.String(), err
}

// checkHistories checks what was done to each phone.
func (p *proofPhones) checkHistories(t *testing.T) {
	t.Helper()
	commands, unheard := 0, 0
	for mac, history := range p.history {
		commands, unheard = commands+len(history), unheard+p.losses[mac]
		if got := linearizable(history); got != porcupine.Ok {
			t.Errorf("%s: the history of %d commands is not linearizable: %s", mac, len(history), got)
			tellHistory(t, mac, history)
		}
	}
	if commands == 0 {
		t.Error("nothing was done")
	}
	t.Logf("%d commands for %d phones are linearizable; %d without an answer", commands, len(p.history), unheard)
}

// tellHistory shows where a history can't go on: the commands before and after it.
func tellHistory(t *testing.T, mac string, history []porcupine.Operation) {
	t.Helper()
	_, info := porcupine.CheckOperationsVerbose(proofModel, history, time.Minute)
	path := filepath.Join(t.ArtifactDir(), mac+".html")
	if err := porcupine.VisualizePath(proofModel, info, path); err != nil {
		t.Error(err)
	}
	t.Logf("%s, which go test -artifacts keeps, draws it", path)
	most := 0
	for _, all := range info.PartialLinearizationsOperations() {
		for _, part := range all {
			most = max(most, len(part))
		}
	}
	slices.SortFunc(history, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, op := range history[max(0, most-15):min(len(history), most+15)] {
		t.Logf("%v to %v on %s: %s", time.Duration(op.Call), time.Duration(op.Return), op.Metadata, proofModel.DescribeOperation(op.Input, op.Output))
	}
}
