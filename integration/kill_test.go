package integration

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

var (
	killRounds = flag.Int("kill-rounds", 5, "how often TestKill kills the service")
	killSeed   = flag.Uint64("kill-seed", 0, "of the random choices of TestKill, 0 for another each time")
)

// TestKill changes phones and setting servers as fast as sessions can, kills the service
// at a random moment, starts it again, and compares: each acknowledged change must be
// there, and of the others each must be there as a whole or not at all.
func TestKill(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-kill-rounds %d -kill-seed %d make the same choices, though not at the same moments", *killRounds, seed)
	k := startKill(t, seed)
	for round := range *killRounds {
		k.changeUntilKilled()
		if round%10 == 9 || round == *killRounds-1 {
			k.checkStore()
		}
		k.start()
		for _, a := range k.accounts {
			k.compare(a)
		}
		k.compareCounts()
		k.askPhones()
		if t.Failed() {
			t.Fatalf("in round %d", round+1)
		}
	}
	acknowledged, cut := 0, 0
	for _, a := range k.accounts {
		acknowledged, cut = acknowledged+a.acknowledged, cut+a.cut
	}
	if acknowledged == 0 || cut == 0 {
		t.Errorf("%d changes acknowledged, %d cut off: nothing was tested", acknowledged, cut)
	}
	t.Logf("%d rounds: %d acknowledged changes, none lost; %d without an answer, none half done", *killRounds, acknowledged, cut)
}

// A kill is a service that is killed again and again, and what it must know.
type kill struct {
	*testing.T
	*story
	random   *rand.Rand
	accounts []*killAccount
	clients  map[string]*ssh.Client // by account, since the last start
}

func startKill(t *testing.T, seed uint64) *kill {
	t.Helper()
	k := &kill{T: t, story: &story{folder: t.TempDir()}, random: rand.New(rand.NewPCG(seed, 0))}
	if err := k.makeKey("admin"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.end() })
	k.start()
	for i := range 4 {
		a := &killAccount{name: fmt.Sprintf("partner%d", i), state: state{phones: map[string]string{}}, random: rand.New(rand.NewPCG(seed, uint64(i+1)))}
		for n := range 400 {
			a.macs = append(a.macs, fmt.Sprintf("0004131%d%04X", i, n*7))
		}
		if err := k.makeKey(a.name); err != nil {
			t.Fatal(err)
		}
		key, err := os.ReadFile(filepath.Join(k.folder, a.name+".pub"))
		if err != nil {
			t.Fatal(err)
		}
		a.server = "http://first.example/{mac}"
		k.must("admin", "", "account add "+a.name+" "+a.server)
		k.must("admin", string(key), "account key "+a.name+" add -")
		k.accounts = append(k.accounts, a)
	}
	return k
}

func (k *kill) start() {
	k.Helper()
	if err := k.story.start(nil, []string{"--admin-key", "admin.pub", "--quota", "1000000", "--scan-limit", "0"}); err != nil {
		k.Fatal(err)
	}
	k.clients = map[string]*ssh.Client{}
}

// client returns an account's connection.
func (k *kill) client(name string) *ssh.Client {
	k.Helper()
	if k.clients[name] == nil {
		client, err := k.dial(name)
		if err != nil {
			k.Fatal(err)
		}
		k.clients[name] = client
	}
	return k.clients[name]
}

// changeUntilKilled lets each account change what it has until the service is killed, at
// a random moment.
func (k *kill) changeUntilKilled() {
	k.Helper()
	var sessions sync.WaitGroup
	for _, a := range k.accounts {
		client, operator := k.client(a.name), k.client("admin")
		sessions.Go(func() {
			for a.change(k.T, client, operator) {
			}
		})
	}
	time.Sleep(time.Duration(20+k.random.IntN(300)) * time.Millisecond) // the moment is the test's input
	if err := k.process.Process.Kill(); err != nil {
		k.Fatal(err)
	}
	_ = k.wait()
	sessions.Wait()
	for _, client := range k.clients {
		client.Close()
	}
}

// compare compares what an account has with what it must have.
func (k *kill) compare(a *killAccount) {
	k.Helper()
	var shown struct {
		Server string `json:"setting_server"`
	}
	if err := json.Unmarshal([]byte(k.must("admin", "", "account show "+a.name+" --json")), &shown); err != nil {
		k.Fatal(err)
	}
	got := state{shown.Server, map[string]string{}}
	for line := range strings.Lines(k.must(a.name, "", "export")) {
		mac, url, _ := strings.Cut(strings.TrimSpace(line), ",")
		got.phones[mac] = url
	}
	if err := a.restarted(got); err != nil {
		k.Errorf("%s: %v", a.name, err)
	}
	if count := k.must(a.name, "", "count"); count != fmt.Sprintln(len(got.phones)) {
		k.Errorf("%s: COUNT is %q, of %d phones", a.name, count, len(got.phones))
	}
}

func (k *kill) compareCounts() {
	k.Helper()
	var status struct{ Phones int }
	if err := json.Unmarshal([]byte(k.must("admin", "", "status --json")), &status); err != nil {
		k.Fatal(err)
	}
	want := 0
	for _, a := range k.accounts {
		want += len(a.phones)
	}
	if status.Phones != want {
		k.Errorf("STATUS counts %d phones, want %d", status.Phones, want)
	}
}

// askPhones requests the settings of some phones.
func (k *kill) askPhones() {
	k.Helper()
	for _, a := range k.accounts {
		for range 5 {
			mac := a.macs[k.random.IntN(len(a.macs))]
			response, err := http.Get("http://" + k.HTTP + "/snom360/snom360.php?mac=" + mac)
			if err != nil {
				k.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err := errors.Join(err, response.Body.Close()); err != nil {
				k.Fatal(err)
			}
			want := emptyFile
			if url, ok := a.phones[mac]; ok {
				if url == "" {
					url = a.server
				}
				want = "setting_server$: " + url + "\n</pre>\n</html>\n"
			}
			if !strings.HasSuffix(string(body), want) {
				k.Errorf("%s of %s got %q, want %q", mac, a.name, body, want)
			}
		}
	}
}

// checkStore checks the database of the killed service.
func (k *kill) checkStore() {
	k.Helper()
	check := exec.Command(program, "check-store", "--data", "data")
	check.Dir = k.folder
	if out, err := check.CombinedOutput(); err != nil {
		k.Errorf("check-store: %v\n%s", err, out)
	}
}

// must runs a command, which must succeed, and returns its output.
func (k *kill) must(name, input, command string) string {
	k.Helper()
	out, err := runIn(k.client(name), input, command)
	if err != nil {
		k.Fatalf("%s: %s: %v\n%s", name, command, err, out)
	}
	return out
}

// runIn runs a command in a session of its own, and returns what it writes.
func runIn(client *ssh.Client, input, command string) (string, error) {
	session, err := client.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	session.Stdin = strings.NewReader(input)
	out, err := session.Output(command)
	return string(out), err
}

// sorted returns the phones of a state, one a line.
func (s state) sorted() string {
	var lines []string
	for mac, url := range s.phones {
		lines = append(lines, mac+","+url)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
