package main

import (
	"os"
	"runtime"
	"runtime/debug"
	goruntime "runtime/metrics"
)

// roomyHeap is how far the heap may grow before garbage is collected. What lives in it is
// a few MB, and Go would collect whenever that has doubled: every few hundred requests.
const roomyHeap = 32 << 20

// leastPercent is Go's default: a heap that is larger than roomyHeap may double.
const leastPercent = 100

// relaxGC lets the heap grow to roomyHeap, unless GOGC or GOMEMLIMIT is set. It sets the
// target again after each collection, since it depends on what has survived.
func relaxGC() {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	keepRoomy(leastPercent)
}

func keepRoomy(percent int) {
	if p := gcPercent(liveHeap()); p != percent {
		percent = p
		debug.SetGCPercent(percent)
	}
	type marker struct{ _ [64]byte } // of a size that shares its memory with nothing else
	runtime.AddCleanup(new(marker), keepRoomy, percent)
}

// gcPercent returns the value of GOGC with which a heap of live bytes, beside others in
// stacks and variables, is collected when it has grown to roomyHeap.
func gcPercent(live, others uint64) int {
	if live >= roomyHeap {
		return leastPercent
	}
	percent := (roomyHeap - live) * 100 / max(1, live+others)
	// Nothing is gained by more, and little garbage lives before the first collection.
	return int(min(max(percent, leastPercent), 1600))
}

// liveHeap returns the bytes of the heap that the last collection found in use, and
// those in stacks and variables, which Go counts in as well.
func liveHeap() (live, others uint64) {
	samples := []goruntime.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	goruntime.Read(samples)
	var values [3]uint64
	for i, s := range samples {
		if s.Value.Kind() == goruntime.KindUint64 { // a later Go may have other names
			values[i] = s.Value.Uint64()
		}
	}
	return values[0], values[1] + values[2]
}
