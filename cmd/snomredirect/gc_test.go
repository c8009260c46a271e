package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The heap is collected when it reaches its target, or has doubled.
func TestGCPercent(t *testing.T) {
	for _, c := range []struct {
		live, others uint64
		want         int
	}{
		{0, 0, 1600}, {2 << 20, 0, 1500}, {4 << 20, 0, 700}, {4 << 20, 3 << 20, 400}, {8 << 20, 0, 300},
		{16 << 20, 0, 100}, {31 << 20, 0, 100}, {1 << 30, 0, 100},
	} {
		if got := gcPercent(c.live, c.others); got != c.want {
			t.Errorf("%d MiB and %d MiB: %d, want %d", c.live>>20, c.others>>20, got, c.want)
		}
	}
}

// What the environment says wins.
func TestGCOfEnvironment(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv(name, "off")
		before := debug.SetGCPercent(123)
		relaxGC()
		if got := debug.SetGCPercent(before); got != 123 {
			t.Errorf("%s: %d", name, got)
		}
		t.Setenv(name, "")
	}
}

// The target follows what lives in the heap.
func TestGCFollowsHeap(t *testing.T) {
	before := debug.SetGCPercent(leastPercent)
	defer debug.SetGCPercent(before)
	relaxGC()
	reaches := func(wanted func(percent int) bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			runtime.GC()
			percent := debug.SetGCPercent(leastPercent)
			debug.SetGCPercent(percent)
			if wanted(percent) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("GOGC is %d", percent)
			}
		}
	}
	reaches(func(percent int) bool { return percent > leastPercent })
	large := make([]byte, roomyHeap)
	reaches(func(percent int) bool { return percent == leastPercent })
	runtime.KeepAlive(large)
}
