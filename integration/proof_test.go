package integration

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	proofTime = flag.Duration("proof-time", 5*time.Second, "for how long TestProof breaks three nodes; a third of it goes to a single one")
	proofSeed = flag.Uint64("proof-seed", 0, "of the random choices of TestProof, 0 for another each time")
)

// proofLimit bounds TestProof, however long -proof-time is.
const proofLimit = 5 * time.Minute

// TestProof changes a handful of phones on all nodes at once, while nodes and members of
// etcd are killed and paused, and links between them are cut. Then it checks
//
//   - what each command answered: every phone's history must be one that a single machine
//     could have, which does one command at a time;
//   - what phones got meanwhile, of every node that was up;
//   - that all nodes have the same in the end.
func TestProof(t *testing.T) {
	seed := *proofSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-proof-time %v -proof-seed %d make the same choices, though not at the same moments", *proofTime, seed)
	whole := min(*proofTime, proofLimit)
	t.Run("one node", func(t *testing.T) { prove(t, 1, whole/3, seed) })
	t.Run("three nodes", func(t *testing.T) { prove(t, 3, whole, seed) })
}

// prove breaks a cluster for some time, and checks what it has done.
func prove(t *testing.T, nodes int, most time.Duration, seed uint64) {
	c := startProof(t, nodes)
	c.addStillPhones()
	c.measure()
	phones := newProofPhones()
	stop := make(chan struct{})
	var running sync.WaitGroup
	var storms []*proofStorm
	for i, n := range c.nodes {
		s := &proofStorm{proofCluster: c, node: n, phones: phones, random: rand.New(rand.NewPCG(seed, uint64(100+i))), replies: map[string][]proofReply{}}
		storms = append(storms, s)
		running.Go(func() { s.blow(stop) })
	}
	var clients []*proofClient
	for i, account := range []string{"admin", "admin", "admin", "admin", "p1", "p2", "p3"} {
		p := &proofClient{proofCluster: c, phones: phones, id: i, account: account, random: rand.New(rand.NewPCG(seed, uint64(i))), logins: map[*proofNode]*proofLogin{}}
		clients = append(clients, p)
		running.Go(func() { p.work(stop) })
	}
	c.breakFor(most, rand.New(rand.NewPCG(seed, 1000)))
	close(stop)
	running.Wait()

	tellCommands(t, clients)
	for _, s := range storms {
		oldest := s.check(t)
		t.Logf("%s: %d boots, right, %s; the oldest reply was %v old", s.node.name, s.boots, spread(s.pauses), oldest)
	}
	phones.checkHistories(t)
	c.compare()
}

func tellCommands(t *testing.T, clients []*proofClient) {
	t.Helper()
	var took []time.Duration
	unheard, refused, unfresh := 0, 0, 0
	for _, c := range clients {
		took, unheard, refused, unfresh = append(took, c.took...), unheard+c.unheard, refused+c.refused, unfresh+c.unfresh
	}
	t.Logf("commands: %d answered, %s; %d without an answer, %d refused as busy, %d SHOW that could not be sure", len(took), spread(took), unheard, refused, unfresh)
}

// measure measures, while nothing is broken, how long a REGISTER takes, and after how long
// the other nodes redirect the phone.
func (c *proofCluster) measure() {
	c.Helper()
	var registered, redirected []time.Duration
	client := &http.Client{Timeout: proofPatience, Transport: &http.Transport{DisableKeepAlives: true}}
	for i, n := range c.nodes {
		login, err := n.login("admin")
		if err != nil {
			c.Fatal(err)
		}
		defer login.Close()
		for j := range 50 {
			mac, url := fmt.Sprintf("00041343%02X%02X", i, j), fmt.Sprintf("http://measured%d-%d.example/{mac}", i, j)
			begun := time.Now()
			if out, err := runIn(login, "", "register "+mac+" "+url); err != nil {
				c.Fatalf("%s: %v\n%s", mac, err, out)
			}
			done := time.Now()
			registered = append(registered, done.Sub(begun))
			for _, other := range c.nodes {
				if other == n {
					continue
				}
				c.eventually(other.name+" redirects "+mac, func() error {
					got, err := other.boot(client, mac)
					if err == nil && got != url {
						err = fmt.Errorf("it is redirected to %q", got)
					}
					return err
				})
				redirected = append(redirected, time.Since(done))
			}
		}
	}
	c.Logf("REGISTER of one phone after the other, over SSH: %s", spread(registered))
	if len(c.nodes) > 1 {
		c.Logf("from its answer until the other nodes have redirected that phone, one after the other: %s", spread(redirected))
	}
}

// addStillPhones registers the phones that nobody changes.
func (c *proofCluster) addStillPhones() {
	c.Helper()
	var list strings.Builder
	for i := range proofStill {
		fmt.Fprintf(&list, "%s,%s\n", stillMAC(i), stillURL(i))
	}
	c.must(list.String(), "register - --account p1")
	for _, n := range c.nodes {
		c.eventually(n.name+" has the first phones", func() error {
			out, err := n.ask("", "count")
			if err == nil && out != fmt.Sprintln(proofStill) {
				err = fmt.Errorf("it counts %s", out)
			}
			return err
		})
	}
}

// compare compares what the nodes have once nothing is broken any more: at the console, and
// in their folders after they have ended.
func (c *proofCluster) compare() {
	c.Helper()
	want := ""
	for i, n := range c.nodes {
		c.eventually(n.name+" has what the first one has", func() error {
			got, err := n.ask("", "export")
			if i == 0 {
				want = got
			}
			if err == nil && (got != want || got == "") {
				err = fmt.Errorf("the first one has\n%s\nand it has\n%s", want, got)
			}
			return err
		})
	}
	for _, n := range c.nodes {
		n.signal(c, syscall.SIGTERM)
		if err := n.wait(); err != nil {
			c.Errorf("%s: %v", n.name, err)
		}
	}
	want = ""
	for i, n := range c.nodes {
		check := exec.Command(program, "check-store", "--data", "data")
		check.Dir = n.folder
		out, err := check.CombinedOutput()
		sum := regexp.MustCompile(`(?m)^Checksum: .*`).FindString(string(out))
		if i == 0 {
			want = sum
		}
		if err != nil || sum == "" || sum != want {
			c.Errorf("%s: %v\n%s\nwant %s", n.name, err, out, want)
		}
	}
}

// eventually tries until it works, or for a minute.
func (c *proofCluster) eventually(what string, try func() error) {
	c.Helper()
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Since(begun) > patience {
			c.Fatalf("not after %v: %s: %v", patience, what, err)
		}
	}
}
