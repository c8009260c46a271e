package integration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// proofStill is how many phones are registered, and how many are not, while nobody changes
// them: what they get is known exactly.
const proofStill = 20

func stillMAC(i int) string { return fmt.Sprintf("00041342%04X", i) }

func stillURL(i int) string {
	if i >= proofStill {
		return ""
	}
	return fmt.Sprintf("http://still%d.example/{mac}", i)
}

// A proofStorm are phones that boot on one node, one after the other.
type proofStorm struct {
	*proofCluster
	node    *proofNode
	phones  *proofPhones
	random  *rand.Rand
	replies map[string][]proofReply // by MAC, of phones that are changed
	boots   int
	pauses  []time.Duration // between a request and its reply
}

// A proofReply is where a phone was redirected, and when.
type proofReply struct {
	url      int // as in a proofCommand, or 0
	from, to time.Duration
}

// blow boots phones until stop is closed.
func (s *proofStorm) blow(stop <-chan struct{}) {
	client := &http.Client{Timeout: proofPatience, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		select {
		case <-stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
		still := s.random.IntN(2 * proofStill)
		mac := stillMAC(still)
		changes := s.random.IntN(2) == 0
		if changes {
			mac = s.phones.any(s.random)
		}
		from := time.Since(s.begun)
		url, err := s.node.boot(client, mac)
		to := time.Since(s.begun)
		owed := s.node.owes(from, to)
		switch {
		case err != nil && owed:
			s.Errorf("%s at %v on %s: no reply: %v", mac, from, s.node.name, err)
		case err != nil:
			continue
		case changes:
			s.replies[mac] = append(s.replies[mac], proofReply{proofNumber(url), from, to})
		case url != stillURL(still):
			s.Errorf("%s at %v on %s is redirected to %q, want %q", mac, from, s.node.name, url, stillURL(still))
		}
		s.boots++
		if owed {
			s.pauses = append(s.pauses, to-from)
		}
	}
}

// check checks the replies to the phones that were changed: a node gives each what was so
// at some time, and never what it was before something that the node has given already. It
// returns how old the oldest reply was: for how long another was acknowledged by then.
func (s *proofStorm) check(t *testing.T) (oldest time.Duration) {
	t.Helper()
	for mac, replies := range s.replies {
		age, err := checkReplies(s.phones.history[mac], replies)
		if err != nil {
			t.Errorf("%s on %s: %v", mac, s.node.name, err)
		}
		oldest = max(oldest, age)
	}
	return oldest
}

// checkReplies is check for one phone.
func checkReplies(history []porcupine.Operation, replies []proofReply) (oldest time.Duration, err error) {
	made := map[int]porcupine.Operation{0: {}} // by the number of a URL
	var removals []porcupine.Operation
	for _, op := range history {
		code := op.Output.(proofResult).code
		switch command := op.Input.(proofCommand); {
		case code != "" && code != lost:
		case command.verb == "register":
			made[command.url] = op
		case command.verb == "deregister":
			removals = append(removals, op)
		}
	}
	since := int64(-1) // what is given began before this, unless it is one of those below
	for _, r := range replies {
		op, known := made[r.url]
		switch {
		case !known || op.Call > int64(r.to):
			return oldest, fmt.Errorf("at %v it was redirected to URL %d, which nobody had registered", r.from, r.url)
		case r.url == 0 && since >= 0 && !slices.ContainsFunc(removals, func(d porcupine.Operation) bool {
			return returned(d) >= since && d.Call <= int64(r.to)
		}):
			return oldest, fmt.Errorf("at %v it was not redirected, which nobody had caused", r.from)
		case r.url != 0 && returned(op) < since:
			return oldest, fmt.Errorf("at %v it was redirected to URL %d, an older one than before", r.from, r.url)
		case r.url != 0:
			since = max(since, op.Call)
			oldest = max(oldest, staleFor(history, op, r))
		}
	}
	return oldest, nil
}

// returned returns when a command was answered; one without an answer may be done at any
// later time.
func returned(op porcupine.Operation) int64 {
	if op.Output.(proofResult).code == lost {
		return math.MaxInt64
	}
	return op.Return
}

// staleFor returns for how long, at the time of a reply, a later registration than the one
// that it shows had been acknowledged.
func staleFor(history []porcupine.Operation, shown porcupine.Operation, r proofReply) (age time.Duration) {
	for _, op := range history {
		if op.Input.(proofCommand).verb == "register" && op.Output.(proofResult).code == "" && op.Call > returned(shown) {
			age = max(age, r.from-time.Duration(op.Return))
		}
	}
	return age
}

// spread words how long something took.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	at := func(i int) time.Duration { return all[i].Round(10 * time.Microsecond) }
	return fmt.Sprintf("half within %v, 99 %% within %v, all within %v", at(len(all)/2), at(len(all)*99/100), at(len(all)-1))
}

// TestProofReplies checks that wrong replies are found.
func TestProofReplies(t *testing.T) {
	op := func(verb string, url int, from, to int64, code string) porcupine.Operation {
		return porcupine.Operation{Input: proofCommand{verb: verb, url: url}, Output: proofResult{code: code}, Call: from, Return: to}
	}
	history := []porcupine.Operation{
		op("register", 1, 10, 20, ""), op("register", 2, 30, 40, ""), op("register", 3, 50, 60, "taken"),
		op("deregister", 0, 70, 80, ""), op("register", 4, 90, 100, lost),
	}
	for _, test := range []struct {
		what    string
		replies []proofReply // by their URLs and times
		right   bool
	}{
		{"nothing yet", []proofReply{{0, 5, 6}}, true},
		{"what nobody registered", []proofReply{{9, 50, 51}}, false},
		{"what was refused", []proofReply{{3, 55, 56}}, false},
		{"what is registered later", []proofReply{{2, 25, 26}}, false},
		{"an older one", []proofReply{{1, 45, 46}}, true}, // a replica may be late
		{"back in time", []proofReply{{2, 45, 46}, {1, 47, 48}}, false},
		{"removed", []proofReply{{2, 45, 46}, {0, 75, 76}}, true},
		{"removed by nobody", []proofReply{{2, 45, 46}, {0, 55, 56}}, false},
		{"without an answer", []proofReply{{2, 45, 46}, {4, 200, 201}, {0, 202, 203}}, false},
		{"without an answer, done late", []proofReply{{0, 95, 96}, {4, 200, 201}}, true},
	} {
		if _, err := checkReplies(history, test.replies); (err == nil) != test.right {
			t.Errorf("%s: %v", test.what, err)
		}
	}
	if age, _ := checkReplies(history, []proofReply{{1, 45, 46}}); age != 5 {
		t.Errorf("a stale reply is %v old, want 5ns", age)
	}
}
