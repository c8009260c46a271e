package main

import (
	"sync"
	"time"

	"snomredirect/redirect"
	"snomredirect/sshconsole/status"
)

// requestCounts counts phones' requests by outcome over the last minute, hour and day.
// The zero value counts nothing yet. Its methods are safe for concurrent use.
type requestCounts struct {
	mu      sync.Mutex
	seconds ring // of a minute
	minutes ring // of a day
}

// A ring has a count for each step of time, of the latest ones.
type ring struct {
	steps []map[redirect.Outcome]int // by the number of the step, modulo their number
	last  int64                      // the number of the latest step
}

const (
	secondsKept = 60
	minutesKept = 24 * 60
)

func (c *requestCounts) add(o redirect.Outcome, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seconds.add(secondsKept, now.Unix(), o)
	c.minutes.add(minutesKept, now.Unix()/60, o)
}

// add counts an outcome in a step. If the clock was set back, it counts in the latest
// step.
func (r *ring) add(kept int, step int64, o redirect.Outcome) {
	if r.steps == nil {
		r.steps, r.last = make([]map[redirect.Outcome]int, kept), step
	}
	for n := 0; r.last < step && n < kept; n++ { // steps without requests
		r.last = max(r.last+1, step-int64(kept)+1)
		r.steps[r.last%int64(kept)] = nil
	}
	at := r.last % int64(kept)
	if r.steps[at] == nil {
		r.steps[at] = map[redirect.Outcome]int{}
	}
	r.steps[at][o]++
}

// sum adds up the last n steps until a step.
func (r *ring) sum(n, now int64) map[redirect.Outcome]int {
	all := map[redirect.Outcome]int{}
	kept := int64(len(r.steps))
	for step := max(now-n, r.last-kept) + 1; step <= r.last; step++ {
		for o, count := range r.steps[step%kept] {
			all[o] += count
		}
	}
	return all
}

// lastMinute returns how many requests there were in the last minute.
func (c *requestCounts) lastMinute() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, count := range c.seconds.sum(secondsKept, time.Now().Unix()) {
		n += count
	}
	return n
}

// report returns the counts of the outcomes that the last day had, in the order of
// [redirect.Outcomes].
func (c *requestCounts) report(now time.Time) []status.Requests {
	c.mu.Lock()
	defer c.mu.Unlock()
	minute := c.seconds.sum(secondsKept, now.Unix())
	hour, day := c.minutes.sum(60, now.Unix()/60), c.minutes.sum(minutesKept, now.Unix()/60)
	all := []status.Requests{}
	for _, o := range redirect.Outcomes() {
		if day[o] > 0 {
			all = append(all, status.Requests{Outcome: string(o), Minute: minute[o], Hour: hour[o], Day: day[o]})
		}
	}
	return all
}
