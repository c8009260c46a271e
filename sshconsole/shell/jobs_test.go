package shell

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"snomredirect/sshconsole/jobs"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// If the client goes before the end of an upload, the next login is told how far
// it came, once.
func TestInterruptedUploads(t *testing.T) {
	h := newHouse(t)
	h.gone = true
	h.gives("acme", "register -", lines(3), StatusRefused, "")
	h.gone = false
	h.gives("bravo", "count", "", StatusDone, "0\n")
	h.gives("acme", "count", "", StatusDone, "0\n", "REGISTER - of 20")
	h.gives("acme", "count", "", StatusDone, "0\n")

	// Half a line is not taken for a whole one, even if it fills the chunk.
	h.gone = true
	h.gives("acme", "register -", lines(chunkSize-1)+"0004132202E4,http://prov.acme.exam", StatusRefused, "")
	h.gives("acme", "register -", lines(chunkSize+10), StatusRefused, "", "REGISTER - of ")
	h.gone = false
	_, stderr, _ := h.at("acme", 0, "count --json", "")
	var notice noticeObject
	if err := json.Unmarshal([]byte(stderr), &notice); err != nil || !strings.Contains(notice.Notice, "from 192.0.2.7 was interrupted: lines 1 to 50000 were processed. Send the whole list again: what has been changed stays changed.") {
		t.Errorf("%q: %v", stderr, err)
	}
	h.gives("acme", "count", "", StatusDone, "50000\n")

	// An upload that is running is not interrupted.
	acme := h.account("acme")
	end, err := h.shell.jobs.Begin(acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	record, err := h.shell.jobs.Record(h.registry, store.Job{Account: acme.ID, Command: "REGISTER -", Begun: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	h.gives("acme", "server", "", StatusDone, serverA+"\n")
	for range jobs.Max - 1 {
		if _, err := h.shell.jobs.Begin(acme.ID); err != nil {
			t.Fatal(err)
		}
	}
	h.gives("acme", "register -", lines(1), StatusRefused, "", "Your account is already running 4 changes of many phones")
	end(record)

	// As after a crash: part of a chunk was done.
	record.Lines, record.Some = 50_000, 60_000
	if _, err := h.registry.BeginJob(record); err != nil {
		t.Fatal(err)
	}
	out, stderr, _ := h.at("acme", 80, "", "")
	if want := "was interrupted: lines 1 to 50000 were processed, and some up to line 60000."; !strings.Contains(out, "Welcome") || !strings.Contains(stderr, want) {
		t.Errorf("%q, %q; want %q", out, stderr, want)
	}
	h.gives("acme", "server", "", StatusDone, serverA+"\n")
}

// Ctrl-C in a list typed at a prompt reports that nothing was done.
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

// If the client goes during RETARGET, the next login is told how far it came; after
// Ctrl-C the session is.
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

	h.ctx, cancel = context.WithCancel(t.Context())
	h.registry = changeThen{whole, cancel}
	out, problems, status := h.at("olga", 0, "account remove acme --transfer-to bravo --json", "")
	if !strings.Contains(problems, `"error":"Interrupted: 10000 phones were changed; the rest were not. Repeat the command to continue.","code":"busy"`) || out != "" || status != StatusRefused {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	h.registry, h.ctx = whole, nil
	h.gives("olga", "count --account bravo", "", StatusDone, "10000\n")
	h.gives("olga", "account remove acme --transfer-to bravo --json", "", StatusDone,
		`{"account":"acme","role":"partner","state":"removed","setting_server":"`+serverA+`","password":false,"keys":[],"created_at":"`+wording.MachineTime(h.account("acme").Created)+`","phones":10,"transferred_to":"bravo"}`+"\n")
}

// An interrupted dry run reports that nothing was done.
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

// The refused lines of an interrupted list are reported and counted.
func TestRefusalsOfInterruptedLists(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 000413000000 000413000001", "(?s).*")
	whole := h.registry
	h.registry = &failingChange{Registry: whole, at: 2}
	h.gives("acme", "register -", "mac\nxyz\n"+lines(batchSize+5), StatusRefused, "", "Line 2: ", "Line 3: 000413000000 is", "Line 4: 000413000001 is", failure.text,
		"The list was not completed: some of lines 1 to 10007 were processed; 3 lines failed. Send the whole list again: what has been changed stays changed.")
	h.registry, h.gone = whole, true
	h.at("acme", 0, "register -", lines(chunkSize+1))
	h.gone = false
	_, stderr, _ := h.at("acme", 0, "count", "")
	if !strings.Contains(stderr, "was interrupted: lines 1 to 50000 were processed; 2 lines failed.") {
		t.Error(stderr)
	}
}

// A line that names more than 1,000 phones, and RETARGET, count as one of the
// account's jobs.Max.
func TestManyPhonesAreAJob(t *testing.T) {
	h := newHouse(t)
	acme := h.account("acme")
	for range jobs.Max {
		end, err := h.shell.jobs.Begin(acme.ID)
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

// A line that can't be split is a login too: interrupted jobs are reported first.
func TestInterruptedJobsBeforeABadLine(t *testing.T) {
	h := newHouse(t)
	h.gone = true
	h.gives("acme", "register -", lines(3), StatusRefused, "")
	h.gone = false
	h.gives("acme", `'"x'"`, "", StatusMisunderstood, "", "REGISTER - of 20", "A quote is not closed")
	h.gives("acme", "count", "", StatusDone, "0\n")
}
