package shell

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// recordedBatches notes what is asked of a store.
type recordedBatches struct {
	Registry
	all []store.Batch
}

func (o *recordedBatches) Change(batch store.Batch) ([]store.Result, error) {
	n := batch
	n.Changes = append([]store.Change(nil), batch.Changes...)
	o.all = append(o.all, n)
	return o.Registry.Change(batch)
}

// All or nothing is one transaction, however long the list.
func TestAtomicListIsOneOrder(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 000413000000", ".*\n") // fails in the first of the orders there must not be
	h.gives("acme", "register - --atomic", lines(batchSize+1), StatusRefused, "", "Line 1: 000413000000 is registered", "1 line was refused; nothing was done.\n")
	h.says("acme", "count", "0\n")
}

func TestAtomicLast(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", fmt.Sprintf("register 000413%06X", batchSize), ".*\n")
	h.gives("acme", "register - --atomic", lines(batchSize+1), StatusRefused, "", fmt.Sprintf("Line %d: ", batchSize+1), "1 line was refused; nothing was done.\n")
	h.says("acme", "count", "0\n")
	h.says("bravo", "deregister 000413002710", ".*\n")
	h.says("olga", "free 000413002710", ".*\n")
	h.gives("acme", "register - --atomic", lines(maxAtOnce), StatusDone, "65536 lines: 65536 registered.\n")
}

// Lines keep their numbers beyond the first batch, and are told in batch.
func TestLineNumbersOfLaterBatches(t *testing.T) {
	h := newHouse(t)
	list := lines(chunkSize) + "00041330000B\n00041330000A\n000413300009\n000413300008\n"
	h.says("bravo", "register 000413300008-00041330000B", ".*\n")
	h.gives("acme", "register -", list, StatusRefused, "50004 lines: 50000 registered, 4 failed.\n",
		"Line 50001: 00041330000B is", "Line 50002: 00041330000A is", "Line 50003: 000413300009 is", "Line 50004: 000413300008 is")
}

// RETARGET and ACCOUNT REMOVE ask for each phone once, by their own rules.
func TestBatchesOfOneOrder(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register - http://old.example/", lines(chunkSize+10), StatusDone, "50010 lines: 50010 registered.\n")
	h.says("acme", "register 301 http://third.example/", ".*\n")
	o := &recordedBatches{Registry: h.registry}
	h.registry = o
	h.says("acme", "retarget http://old.example/ http://new.example/ --yes", "(?s).*")
	asked := 0
	for _, batch := range o.all {
		asked += len(batch.Changes)
		if batch.Rule != store.RuleRetarget || batch.Was.String() != "http://old.example/" {
			t.Errorf("%v", batch.Rule)
		}
	}
	if asked != chunkSize+10 {
		t.Errorf("asked for %d phones", asked)
	}
}

// What was half done is logged as a change, and told.
func TestRetargetIntoAFailingStore(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e4 http://prov.bravo.example/", ".*\n")
	whole := h.registry
	h.registry = &failingChange{Registry: whole, at: 1}
	h.log.Reset()
	h.gives("bravo", "retarget http://prov.bravo.example/ http://new.example/ --yes", "", StatusRefused,
		"1 phone with a setting server of its own and the account's setting server will change from http://prov.bravo.example/ to http://new.example/.\n",
		failure.text, "It was not completed: nothing was done.")
	if strings.Contains(h.log.String(), "msg=changed") || !strings.Contains(h.log.String(), "disk is full") {
		t.Error(h.log.String())
	}
	h.registry = whole
	h.gives("acme", "register - http://old.example/", lines(batchSize+10), StatusDone, "10010 lines: 10010 registered.\n")
	h.registry = &failingChange{Registry: whole, at: 2}
	h.log.Reset()
	h.gives("acme", "retarget http://old.example/ http://new.example/ --yes", "", StatusRefused,
		"10010 phones with a setting server of their own will change from http://old.example/ to http://new.example/.\n",
		failure.text, "It was not completed: 10000 phones were changed; the rest were not. Repeat the command to continue.")
	if !strings.Contains(h.log.String(), "msg=changed") {
		t.Error(h.log.String())
	}
	h.registry = whole
	h.says("acme", "count --server http://old.example/", "10\n")
	h.says("acme", "server", regexp.QuoteMeta(serverA)+"\n")
}

// A caller that goes in the middle of RETARGET is told at the next login.
func TestInterruptedRetarget(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register - http://old.example/", lines(batchSize+10), StatusDone, "10010 lines: 10010 registered.\n")
	whole := h.registry
	ctx, cancel := context.WithCancel(t.Context())
	h.ctx, h.gone = ctx, true
	h.registry = changeThen{whole, cancel}
	h.gives("acme", "retarget http://old.example/ http://new.example/ --yes", "", StatusRefused,
		"10010 phones with a setting server of their own will change from http://old.example/ to http://new.example/.\n")
	h.registry, h.ctx, h.gone = whole, nil, false
	h.gives("acme", "count --server http://new.example/", "", StatusDone, "10000\n", "RETARGET http://old.example/ http://new.example/ of 20")
	h.gives("acme", "count --server http://old.example/", "", StatusDone, "10\n")

	// Ctrl-C is told at once.
	h.ctx, cancel = context.WithCancel(t.Context())
	h.registry = changeThen{whole, cancel}
	out, problems, status := h.at("olga", 0, "account remove acme --transfer-to bravo --json", "")
	if !strings.Contains(problems, `"error":"Interrupted: 10000 phones were changed; the rest were not. Repeat the command to continue.","code":"busy"`) || out != "" || status != StatusRefused {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	h.registry, h.ctx = whole, nil
	h.gives("olga", "count --account bravo", "", StatusDone, "10000\n")
	h.gives("olga", "account remove acme --transfer-to bravo --json", "", StatusDone,
		`{"account":"acme","role":"partner","state":"removed","setting_server":"`+serverA+`","password":false,"keys":[],"created_at":"`+machineTime(h.account("acme").Created)+`","phones":10,"transferred_to":"bravo"}`+"\n")
}

// changeThen does something after each batch.
type changeThen struct {
	Registry
	then func()
}

func (c changeThen) Change(o store.Batch) ([]store.Result, error) {
	defer c.then()
	return c.Registry.Change(o)
}

// A removal that is refused after all, for a phone that was registered in the
// meantime, says what has been done.
func TestRemovalOvertaken(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	whole := h.registry
	h.registry = changeThen{whole, func() {
		acme := h.account("acme")
		_, err := whole.Change(store.Batch{Audit: store.Audit{Actor: acme.ID}, Owner: acme.ID, Changes: []store.Change{{MAC: macaddr.MustParse("0004132202E6")}}})
		if err != nil {
			t.Error(err)
		}
	}}
	h.gives("olga", "account remove acme --transfer-to bravo", "", StatusRefused, "",
		"acme has registered phones", "It was not completed: 2 phones were changed; the rest were not. Repeat the command to continue.")
	h.registry = whole
	h.says("olga", "account remove acme --transfer-to bravo", "acme removed; 1 phone now belongs to bravo.\n")
}

// Refused lines are not lost with what is interrupted behind them.
func TestRefusalsOfInterruptedLists(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 000413000000 000413000001", "(?s).*")
	whole := h.registry
	h.registry = &failingChange{Registry: whole, at: 2}
	h.gives("acme", "register -", "xyz\n"+lines(batchSize+5), StatusRefused, "", "Line 1: ", "Line 2: 000413000000 is", "Line 3: 000413000001 is", failure.text,
		"The list was not completed: some of lines 1 to 10006 were processed; 3 lines failed. Send the whole list again: what has been changed stays changed.")
	h.registry, h.gone = whole, true
	h.at("acme", 0, "register -", lines(chunkSize+1))
	h.gone = false
	_, told, _ := h.at("acme", 0, "count", "")
	if !strings.Contains(told, "was interrupted: lines 1 to 50000 were processed; 2 lines failed.") {
		t.Error(told)
	}
}

// Half a line is never run, and neither is a list that was refused.
func TestHalfALine(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.gone = true
	h.gives("acme", "", "count\nderegister 2e4", StatusDone, "1\n")
	h.gone = false
	h.gives("acme", "", "count\nderegister 2e4", StatusDone, "1\n0004132202E4 deregistered.\n")
	for _, refused := range []string{"register - nonsense", "REG - 2e4 2e5", "deregister - --bogus", "register - --account acme"} {
		_, problems, _ := h.at("acme", 0, "", refused+"\nregister 2e9\nbye\n")
		if strings.Count(problems, "\n") != 1 {
			t.Errorf("%s: %q", refused, problems)
		}
	}
	h.says("acme", "count", "0\n")
}

// Of a phone that a list has twice, a dry run says what would happen.
func TestDryRunOfRepeatedPhones(t *testing.T) {
	h := newHouse(t)
	list := strings.Repeat("2e4\n", batchSize) + "2e5\n"
	h.gives("acme", "register - --dry-run", list, StatusDone, "Dry run: 10001 lines: 2 would be registered, 9999 unchanged.\n")
	h.gives("acme", "register -", list, StatusDone, "10001 lines: 2 registered, 9999 unchanged.\n")
}

// Many phones in a line take one of the places that lists take.
func TestPlacesForMany(t *testing.T) {
	h := newHouse(t)
	acme := h.account("acme")
	for range maxJobs {
		end, err := h.shell.jobs.begin(acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer end(store.Job{})
	}
	h.says("acme", "register 000413000000-0004130003E7", "(?s).*1000 registered.\n")
	for _, line := range []string{"register 000413000000-0004130003E8", "retarget " + serverA + " http://new.example/ --yes", "deregister -"} {
		_, problems, status := h.at("acme", 0, line, "")
		if status != StatusRefused || !strings.Contains(problems, "Your account is already running 4 changes of many phones") {
			t.Errorf("%s: status %d, %.200q", line, status, problems)
		}
	}
}

func TestRetargetOfTheAccountAlone(t *testing.T) {
	h := newHouse(t)
	defer func() {
		h.says("bravo", "history", "(?s)[^\n]*RETARGET http://prov.bravo.example/ http://new.example/\n.*")
	}()
	h.says("bravo", "retarget http://prov.bravo.example/ http://new.example/ --yes", "(?s).*\nThe account's setting server changed.\n")
	h.says("bravo", "server", "http://new.example/\n")
}

func TestDryRunsThatWouldFail(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.refuses("olga", "account remove acme --dry-run", StatusRefused, "acme has registered phones")
	h.says("olga", "account password acme --dry-run", "Dry run: acme would get a new password.\n")
	h.says("acme", "register 2e5 --dry-run --json", `.*"dry_run":true\}`+"\n")
	h.says("acme", "show 2e4 --json=false", "(?s)MAC: .*")
	h.says("acme", "register 2e5 --dry-run=false", "0004132202E5 registered.*\n")
}

func TestPartlyDoneLineIsLogged(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e5", ".*\n")
	h.log.Reset()
	h.at("acme", 0, "register 2e4 2e5", "")
	if !strings.Contains(h.log.String(), "msg=changed") || !strings.Contains(h.log.String(), "phones=1") {
		t.Error(h.log.String())
	}
}

// What precedes a problem is written before it.
func TestOrderAtATerminal(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e5", ".*\n")
	var both bytes.Buffer
	h.runs(t.Context(), h.caller("acme"), IO{In: h.input(strings.NewReader("")), Out: &both, Err: &both, Width: func() int { return 80 }}, "register 2e4 2e5 2e6")
	if got := both.String(); !strings.HasPrefix(got, "0004132202E4 registered") {
		t.Errorf("%q", got)
	}
}

// A partner is not told of forms that are for operators.
func TestUsageOfPartners(t *testing.T) {
	h := newHouse(t)
	for _, line := range []string{"register", "list a b", "count a b", "export x", "history 1 2"} {
		out, problems, _ := h.at("acme", 0, line, "")
		if strings.Contains(out+problems, "--account") {
			t.Errorf("%s: %s", line, problems)
		}
	}
}

// Of a hold whose account is gone an operator sees that much.
func TestHoldOfARemovedAccount(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e4", ".*\n")
	h.says("bravo", "deregister 2e4", ".*\n")
	h.says("olga", "account remove bravo", ".*\n")
	h.says("olga", "show 2e4", "(?s).*State: +on hold until.*")
	h.says("acme", "show 2e4", "(?s).*registered by another account\n")
	h.says("olga", "free 2e4", ".*\n")
}

func TestRemovalThatFailsMovesNothing(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "register 2e4 http://own.example/", ".*\n")
	h.at("olga", 0, "account remove olga --transfer-to acme", "")
	h.says("acme", "count", "0\n")
}

// Two commands of one instant are two lines, and so are the ways of one.
func TestSameCommand(t *testing.T) {
	a := store.Entry{Account: 1, Other: "x"}
	for _, b := range []store.Entry{{Account: 2, Other: "x"}, {Account: 1, Other: "y"}, {Account: 1, Other: "x", Away: true}} {
		if sameCommand(a, b) {
			t.Errorf("%+v", b)
		}
	}
	if !sameCommand(a, a) {
		t.Error("not itself")
	}
}

func TestInterruptedUploadAtAPrompt(t *testing.T) {
	h := newHouse(t)
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	typed := readerFunc(func(p []byte) (int, error) { cancel(); return copy(p, "2e4\n2e5\n"), nil })
	if status := h.runs(ctx, h.caller("acme"), IO{In: h.input(typed), Out: &out, Err: &out}, "register -"); status != StatusRefused || out.String() != "Interrupted: nothing was done.\n" {
		t.Errorf("%d %q", status, out.String())
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestJSONAtATerminal(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "server http://a.example/", ".*\n")
	out, _, _ := h.at("bravo", 80, "retarget http://a.example/ http://b.example/ --json", "y\n")
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("%q", line)
		}
	}
}

func TestOptionNamedFalse(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "account add false http://false.example/", ".*\n")
	h.says("olga", "register 2e4 --account false", ".*\n")
	h.says("olga", "show 2e4", "(?s).*Account:        false\n.*")
	h.refuses("olga", "list --server false", StatusMisunderstood, "expected a URL")
}

func TestUploadIsLogged(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register -", "2e4\nxyz\n", StatusRefused, "2 lines: 1 registered, 1 failed.\n", "Line 2:")
	if !strings.Contains(h.log.String(), "phones=1") {
		t.Error(h.log.String())
	}
}

// What comes behind the last full batch may name no phone.
func TestListOfOneFullBatch(t *testing.T) {
	for tail, want := range map[string]string{"": "50000 lines: 50000 registered.\n", "\n": "50000 lines: 50000 registered.\n", "# end\n": "50000 lines: 50000 registered.\n",
		"xyz\n": "50001 lines: 50000 registered, 1 failed.\n"} {
		h := newHouse(t)
		out, problems, _ := h.at("acme", 0, "register -", lines(chunkSize)+tail)
		if out != want {
			t.Errorf("%q behind: %q, %q", tail, out, problems)
		}
		h.gives("acme", "count", "", StatusDone, "50000\n") // and no notice
		out, _, _ = h.at("acme", 0, "register - --dry-run", lines(chunkSize)+tail)
		if !strings.HasPrefix(out, "Dry run: ") {
			t.Errorf("%q behind: %q", tail, out)
		}
	}
}

// Nothing was done by a dry run, however far it came.
func TestInterruptedDryRuns(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register -", lines(batchSize+10), StatusDone, "10010 lines: 10010 registered.\n")
	whole := h.registry
	for _, line := range []string{"account remove acme --transfer-to bravo --dry-run", "register - http://x.example/ --dry-run"} {
		ctx, cancel := context.WithCancel(t.Context())
		h.ctx, h.registry = ctx, changeThen{whole, cancel}
		_, problems, status := h.at("olga", 0, line, lines(chunkSize+10))
		if status != StatusRefused || !strings.HasSuffix(problems, "Interrupted: nothing was done.\n") {
			t.Errorf("%s: status %d, %.200q", line, status, problems)
		}
	}
	h.ctx, h.registry = nil, &failingChange{Registry: whole, at: 2}
	h.gives("acme", "register - --dry-run", lines(2*batchSize), StatusRefused, "", failure.text)
	h.registry = whole
	h.gives("acme", "count", "", StatusDone, "10010\n")
}

// Refusals of the last order of a batch are told too.
func TestRefusalsOfTheLastOrder(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 00041300C34E 00041300C34F", "(?s).*") // lines 49,999 and 50,000
	h.gone = true
	h.at("acme", 0, "register -", lines(chunkSize+1))
	h.gone = false
	if _, told, _ := h.at("acme", 0, "count", ""); !strings.Contains(told, "lines 1 to 50000 were processed; 2 lines failed.") {
		t.Error(told)
	}
}

// Keys are added as a whole or not at all.
func TestHalfAKey(t *testing.T) {
	h := newHouse(t)
	h.gone = true
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n"
	h.gives("olga", "account key acme add -", key+"ssh-ed2", StatusRefused, "")
	h.gone = false
	h.says("olga", "account key acme list", "")
}

// The value of an option is no list, and the lines behind it are commands.
func TestDashThatIsNoList(t *testing.T) {
	h := newHouse(t)
	out, _, _ := h.at("olga", 0, "", "register 2e4 --account -\ncount\n")
	if out != "0\n" {
		t.Errorf("%q", out)
	}
}

// What LIST shows of an account whose phones go meanwhile are its own.
func TestListOfARemovedAccount(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	whole := h.registry
	h.registry = pageThen{whole, func() {
		h.registry = whole
		h.says("olga", "account remove acme --transfer-to bravo", ".*\n")
		h.says("bravo", "deregister 2e5", ".*\n")
	}}
	h.says("olga", "export --account acme", "")
}

// pageThen does something after each page.
type pageThen struct {
	Registry
	then func()
}

func (p pageThen) Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error) {
	defer p.then()
	return p.Registry.Phones(owner, after, n)
}

// A phone that one command changed twice is one phone.
func TestHistoryOfRepeatedPhones(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register -", "2e4\n2e4,http://x.example/\n", StatusDone, "2 lines: 1 registered, 1 changed.\n")
	h.says("acme", "history 2e4 --json", `.*"macs":\["0004132202E4"\],"phones":1\}`+"\n")
}
