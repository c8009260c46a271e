package shell

import (
	"fmt"
	"strings"
	"testing"
)

// With --atomic a list of any length is one transaction, which also ends its job;
// the job's beginning is another.
func TestAtomicListIsOneTransaction(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 000413000000", ".*\n")
	h.commits(1+1, func() {
		h.gives("acme", "register - --atomic", lines(batchSize+1), StatusRefused, "", "Line 1: 000413000000 is registered", "1 line was refused; nothing was done.\n")
	})
	h.says("acme", "count", "0\n")
	h.commits(1+1, func() {
		h.gives("acme", "register - --atomic", strings.TrimPrefix(lines(chunkSize+1), "000413000000\n"), StatusDone, "50000 lines: 50000 registered.\n")
	})
}

// A list is changed batchSize phones at a time; the last batch ends the job.
func TestListIsOneTransactionPerBatch(t *testing.T) {
	h := newHouse(t)
	h.commits(1+(chunkSize/batchSize+1), func() {
		h.gives("acme", "register -", lines(chunkSize+10), StatusDone, "50010 lines: 50010 registered.\n")
	})
}

// The refusal of a phone beyond the first batchSize refuses an atomic list too,
// and the longest one is accepted.
func TestLongAtomicLists(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", fmt.Sprintf("register 000413%06X", batchSize), ".*\n")
	h.gives("acme", "register - --atomic", lines(batchSize+1), StatusRefused, "", fmt.Sprintf("Line %d: ", batchSize+1), "1 line was refused; nothing was done.\n")
	h.says("acme", "count", "0\n")
	h.says("bravo", "deregister 000413002710", ".*\n")
	h.says("olga", "free 000413002710", ".*\n")
	h.gives("acme", "register - --atomic", lines(maxAtOnce), StatusDone, "65536 lines: 65536 registered.\n")
}

// Lines keep their numbers after the first chunk, and are reported by number.
func TestLineNumbersOfLaterBatches(t *testing.T) {
	h := newHouse(t)
	list := lines(chunkSize) + "00041330000B\n00041330000A\n000413300009\n000413300008\n"
	h.says("bravo", "register 000413300008-00041330000B", ".*\n")
	h.gives("acme", "register -", list, StatusRefused, "50004 lines: 50000 registered, 4 failed.\n",
		"Line 50001: 00041330000B is", "Line 50002: 00041330000A is", "Line 50003: 000413300009 is", "Line 50004: 000413300008 is")
}

// What follows a full chunk may name no phone.
func TestListOfOneFullChunk(t *testing.T) {
	for tail, want := range map[string]string{"": "50000 lines: 50000 registered.\n", "\n": "50000 lines: 50000 registered.\n", "# end\n": "50000 lines: 50000 registered.\n",
		"xyz\n": "50001 lines: 50000 registered, 1 failed.\n"} {
		h := newHouse(t)
		out, problems, _ := h.at("acme", 0, "register -", lines(chunkSize)+tail)
		if out != want {
			t.Errorf("followed by %q: %q, %q", tail, out, problems)
		}
		h.gives("acme", "count", "", StatusDone, "50000\n") // and no notice of an interrupted job
		out, _, _ = h.at("acme", 0, "register - --dry-run", lines(chunkSize)+tail)
		if !strings.HasPrefix(out, "Dry run: ") {
			t.Errorf("followed by %q: %q", tail, out)
		}
	}
}

// Refusals in the last batch of a chunk are reported too.
func TestRefusalsOfTheLastBatch(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 00041300C34E 00041300C34F", "(?s).*") // lines 49,999 and 50,000
	h.gone = true
	h.at("acme", 0, "register -", lines(chunkSize+1))
	h.gone = false
	if _, problems, _ := h.at("acme", 0, "count", ""); !strings.Contains(problems, "lines 1 to 50000 were processed; 2 lines failed.") {
		t.Error(problems)
	}
}
