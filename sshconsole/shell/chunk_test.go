package shell

import (
	"fmt"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// firstBatches is a store that says it has many phones, and notes the highest MAC of
// each batch.
type firstBatches struct {
	Registry
	phones  int
	highest []macaddr.Addr
}

func (f *firstBatches) Usage(id store.AccountID) (store.Usage, error) {
	u, err := f.Registry.Usage(id)
	if id == 0 {
		u.Phones = f.phones
	}
	return u, err
}

func (f *firstBatches) Change(b store.Batch) ([]store.Result, error) {
	f.highest = append(f.highest, b.Changes[len(b.Changes)-1].MAC)
	return f.Registry.Change(b)
}

// descending returns a list of n phones, of which the first has the highest MAC.
func descending(n int) string {
	all := strings.Split(strings.TrimSpace(lines(n)), "\n")
	var b strings.Builder
	for i := range all {
		b.WriteString(all[n-1-i] + "\n")
	}
	return b.String()
}

// Of a store with many phones a larger part is sorted, so that neighbours are changed
// together: of one upload at a time.
func TestChunkOfALargeStore(t *testing.T) {
	const larger = chunkSize + batchSize
	for _, c := range []struct {
		phones int
		busy   bool   // another upload has the large chunk
		line   string // the command
		first  int    // the highest MAC of the first batch
	}{
		{larger * chunksToFill, false, "register -", batchSize},
		{larger * chunksToFill, true, "register -", larger - chunkSize + batchSize},
		{chunkSize * chunksToFill, false, "register -", larger - chunkSize + batchSize},
		{larger * chunksToFill, false, "register - --dry-run", larger - chunkSize + batchSize},
	} {
		h := newHouse(t)
		registry := &firstBatches{Registry: h.registry, phones: c.phones}
		h.registry = registry
		if c.busy {
			h.shell.jobs.Large.Lock()
		}
		for range 2 { // the large chunk is given back
			out, problems, status := h.at("acme", 0, c.line, descending(larger))
			if !strings.Contains(out, fmt.Sprintf("%d lines: ", larger)) || status != StatusDone {
				t.Fatalf("%+v: %q, %q, %d", c, out, problems, status)
			}
			if want := macaddr.MustParse(fmt.Sprintf("000413%06X", c.first-1)); registry.highest[0] != want {
				t.Errorf("%+v: the first batch ends with %v, want %v", c, registry.highest[0], want)
			}
			registry.highest = nil
		}
		if h.shell.jobs.Large.TryLock() == c.busy {
			t.Errorf("%+v: the large chunk was not given back, or taken from another", c)
		}
	}
}

// An upload that is interrupted within a large chunk gives it back too, and has changed
// nothing of it.
func TestLargeChunkInterrupted(t *testing.T) {
	h := newHouse(t)
	h.registry = &firstBatches{Registry: h.registry, phones: largestChunk * chunksToFill}
	h.gone = true
	h.at("acme", 0, "register -", lines(chunkSize+10))
	h.gone = false
	if !h.shell.jobs.Large.TryLock() {
		t.Error("the large chunk was not given back")
	}
	h.gives("acme", "count", "", StatusDone, "0\n", "REGISTER - of ")
}
