package integration

import (
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

var powerCuts = flag.Int("power-cuts", 10, "after how many operations TestPowerCut cuts the power, and TestPowerCutInCompaction at most")

// TestPowerCut records what the service does to its files from its first start on, cuts
// the power after some of these operations, in ways that a disk allows, and starts the
// service with what is left. Each change that was acknowledged must be there, the host key
// that clients know must be the same, and nothing may be half there.
//
// Then it takes each sync away: without any of those that are needed something is lost;
// with -power-cuts 1000 or more it also shows that without the others nothing is.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("install strace (apt-get install strace) to see what a power cut leaves; needs Linux")
	}
	r := record(t)
	cuts, seed := &images{recording: r, seen: map[[32]byte]bool{}}, rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range *powerCuts {
		cuts.cut(random.IntN(len(r.operations)+1), random, 2, "")
	}
	for i, o := range r.operations {
		if o.call == "sync" {
			cuts.cut(i, random, 0, "")
			cuts.cut(i+1, random, 0, "")
		}
	}
	for _, lost := range cuts.check(t, len(cuts.all)) {
		t.Error(lost)
	}
	t.Logf("%d power cuts left %d different folders, nothing lost (seed %d)", *powerCuts, len(cuts.all), seed)

	needed := maps.Clone(neededSyncs)
	for _, kind := range slices.Compact(slices.Sorted(maps.Values(kinds(r.operations)))) {
		why, needless := otherSyncs[kind]
		if needless && *powerCuts < 1000 {
			continue
		}
		without := &images{recording: r, seen: map[[32]byte]bool{}}
		for i := range r.operations {
			without.cut(i+1, random, 0, kind)
		}
		lost := without.check(t, 1)
		switch {
		case needless != (len(lost) == 0):
			t.Errorf("without the sync of %q: %d folders, lost: %q", kind, len(without.all), lost)
		case needless:
			t.Logf("without the sync of %q nothing is lost: %s", kind, why)
		default:
			t.Logf("without the sync of %q: %.200s", kind, lost[0])
		}
		if !needless && !needed[kind] {
			t.Errorf("a sync that this test doesn't know: %q", kind)
		}
		delete(needed, kind)
	}
	if len(needed) > 0 {
		t.Errorf("syncs that are not there: %v", slices.Collect(maps.Keys(needed)))
	}
}

// A power cut during a compaction loses nothing either.
func TestPowerCutInCompaction(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("install strace (apt-get install strace) to see what a power cut leaves; needs Linux")
	}
	r := record(t)
	data, trace := filepath.Join(r.folder, "data"), filepath.Join(r.folder, "compaction")
	r.before, r.acks = map[string][]byte{}, []acknowledged{{0, r.acks[len(r.acks)-1].state}}
	for _, name := range []string{"snomredirect.db", "ssh_host_ed25519_key"} {
		content, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		r.before[filepath.Join(data, name)] = content
	}
	compact := exec.Command(program, "compact", "--data", data)
	if err := strace(compact, trace); err != nil {
		t.Fatal(err)
	}
	if out, err := compact.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r.operations = readTrace(t, trace, data)
	seed := rand.Uint64()
	random, cuts := rand.New(rand.NewPCG(seed, 0)), &images{recording: r, seen: map[[32]byte]bool{}}
	all := random.Perm(len(r.operations) + 1)
	for _, n := range all[:min(*powerCuts, len(all))] {
		cuts.cut(n, random, 1, "")
	}
	for _, lost := range cuts.check(t, len(cuts.all)) {
		t.Error(lost)
	}
	without := &images{recording: r, seen: map[[32]byte]bool{}}
	for n := range len(r.operations) + 1 {
		without.cut(n, random, 1, "snomredirect.db: new")
	}
	if lost := without.check(t, 1); len(lost) == 0 {
		t.Error("without the sync of the compacted database nothing is lost: this test can't fail")
	}
	t.Logf("%d power cuts left %d different folders, nothing lost (seed %d)", min(*powerCuts, len(all)), len(cuts.all), seed)
}

// neededSyncs are the kinds of syncs without which something is lost.
var neededSyncs = map[string]bool{
	"snomredirect.db: new":        true,
	"snomredirect.db: pages":      true,
	"snomredirect.db: meta page":  true,
	"ssh_host_ed25519_key: new":   true,
	"the data folder's name":      true,
	"names: ssh_host_ed25519_key": true,
}

// otherSyncs are those without which nothing is lost, and why.
var otherSyncs = map[string]string{
	"snomredirect.db: size":  "the sync of the pages, which follows, syncs the size too",
	"names: snomredirect.db": "the sync of the host key's name follows before anybody can log in; a later start syncs it too",
	"names:":                 "no name was given",
	"contacts.db: new":       "last contacts may be lost, and a damaged file is set aside",
	"contacts.db: size":      "the same",
	"contacts.db: pages":     "the same",
	"contacts.db: meta page": "the same",
	"names: contacts.db":     "the same",
}
