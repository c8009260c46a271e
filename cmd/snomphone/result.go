package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"snomredirect/redirect/boot"
)

// A result counts the outcomes of a storm. Its method add may be called
// concurrently.
type result struct {
	begun time.Time
	took  time.Duration

	mu        sync.Mutex
	outcomes  map[string]outcome
	latencies *hdrhistogram.Histogram // of settings files, in microseconds
}

// longestLatency, in microseconds, is longer than any reply takes.
var longestLatency = int64(2 * boot.Patient.ReplyTime / time.Microsecond)

type outcome struct {
	n       int
	example string // the first error, if any
}

func newResult() *result {
	return &result{begun: time.Now(), outcomes: map[string]outcome{}, latencies: hdrhistogram.New(1, longestLatency, 3 /* significant digits */)}
}

// add counts a phone and returns the total.
func (r *result) add(name string, took time.Duration, err error) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.outcomes[name]
	o.n++
	if err == nil {
		_ = r.latencies.RecordValue(min(max(took.Microseconds(), 1), longestLatency))
	} else if o.example == "" {
		o.example = boot.HideLogins(err.Error())
	}
	r.outcomes[name] = o
	return r.phones()
}

func (r *result) end() { r.took = time.Since(r.begun) }

func (r *result) phones() (n int) {
	for _, o := range r.outcomes {
		n += o.n
	}
	return n
}

func (r *result) failed() int { return r.phones() - int(r.latencies.TotalCount()) }

func (r *result) perSecond() float64 { return float64(r.phones()) / max(r.took.Seconds(), 1e-9) }

// byNumber returns the names of the outcomes, most frequent first.
func (r *result) byNumber() []string {
	return slices.SortedFunc(maps.Keys(r.outcomes), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.outcomes[b].n, r.outcomes[a].n), cmp.Compare(a, b))
	})
}

var percentiles = []float64{50, 90, 99, 99.9}

// print prints the result for people.
func (r *result) print(w io.Writer) {
	fmt.Fprintf(w, "%s in %.1f s, %s per second\n\n", plural(r.phones(), "phone"), r.took.Seconds(), grouped(int(r.perSecond())))
	for _, name := range r.byNumber() {
		o := r.outcomes[name]
		line := fmt.Sprintf("%12s  %s", grouped(o.n), name)
		if o.example != "" {
			line += ", such as: " + o.example
		}
		fmt.Fprintln(w, printable(line))
	}
	if r.latencies.TotalCount() == 0 {
		return
	}
	fmt.Fprint(w, "\nFrom opening the connection to the end of the settings file:\n\n")
	for _, p := range percentiles {
		fmt.Fprintf(w, "%10v %%  within %s\n", p, milliseconds(r.latencies.ValueAtPercentile(p)))
	}
	fmt.Fprintf(w, "%10s    within %s\n\n", "all", milliseconds(r.latencies.Max()))
	const width = 40
	bars := r.bars()
	longest := slices.MaxFunc(bars, func(a, b bar) int { return cmp.Compare(a.N, b.N) }).N
	for _, b := range bars {
		line := fmt.Sprintf("%12s  to %s  %s", grouped(b.N), milliseconds(b.upTo), strings.Repeat("#", (b.N*width+longest-1)/longest))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func milliseconds(microseconds int64) string {
	return fmt.Sprintf("%8.2f ms", float64(microseconds)/1000)
}

// A bar counts the latencies above the bar before, up to its own limit.
type bar struct {
	UpToMS float64 `json:"up_to_ms"`
	N      int     `json:"phones"`
	upTo   int64   // in microseconds
}

// bars returns the histogram with limits of 1, 2 and 5 times powers of ten, without
// the empty bars at both ends.
func (r *result) bars() []bar {
	var bars []bar
	for ten := int64(10); ten <= longestLatency; ten *= 10 {
		for _, limit := range []int64{ten, 2 * ten, 5 * ten} {
			bars = append(bars, bar{UpToMS: float64(limit) / 1000, upTo: limit})
		}
	}
	first, last := len(bars), 0
	for _, d := range r.latencies.Distribution() {
		if d.Count > 0 {
			i := slices.IndexFunc(bars, func(b bar) bool { return d.From <= b.upTo })
			bars[i].N += int(d.Count)
			first, last = min(first, i), max(last, i)
		}
	}
	return bars[first : last+1]
}

// resultObject is a result in JSON.
type resultObject struct {
	Phones    int                `json:"phones"`
	Seconds   float64            `json:"seconds"`
	PerSecond float64            `json:"per_second"`
	Outcomes  map[string]int     `json:"outcomes"`
	Examples  map[string]string  `json:"examples,omitempty"` // of errors
	LatencyMS map[string]float64 `json:"latency_ms,omitempty"`
	Histogram []bar              `json:"histogram,omitempty"`
}

func (r *result) object() resultObject {
	o := resultObject{Phones: r.phones(), Seconds: r.took.Seconds(), PerSecond: r.perSecond(), Outcomes: map[string]int{}, Examples: map[string]string{}}
	for name, outcome := range r.outcomes {
		o.Outcomes[name] = outcome.n
		if outcome.example != "" {
			o.Examples[name] = outcome.example
		}
	}
	if r.latencies.TotalCount() > 0 {
		o.LatencyMS = map[string]float64{"max": float64(r.latencies.Max()) / 1000}
		for _, p := range percentiles {
			o.LatencyMS[fmt.Sprintf("p%v", p)] = float64(r.latencies.ValueAtPercentile(p)) / 1000
		}
		o.Histogram = r.bars()
	}
	return o
}
