package main

import (
	"slices"
	"testing"
	"time"

	"snomredirect/redirect"
	"snomredirect/sshconsole/status"
)

// Requests are counted for as long as they are of the last minute, hour and day.
func TestRequestCounts(t *testing.T) {
	var c requestCounts
	start := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	if got := c.report(start); len(got) != 0 {
		t.Errorf("nothing was counted: %v", got)
	}
	c.add(redirect.Redirected, start)
	c.add(redirect.Unregistered, start)
	c.add(redirect.Redirected, start.Add(30*time.Second))
	for _, s := range []struct {
		after                              time.Duration
		minute, hour, day, unregisteredDay int
	}{
		{30 * time.Second, 2, 2, 2, 1},
		{75 * time.Second, 1, 2, 2, 1},
		{2 * time.Minute, 0, 2, 2, 1},
		{59 * time.Minute, 0, 2, 2, 1},
		{60 * time.Minute, 0, 0, 2, 1},
		{1439 * time.Minute, 0, 0, 2, 1},
	} {
		want := []status.Requests{{Outcome: "redirected", Minute: s.minute, Hour: s.hour, Day: s.day}, {Outcome: "unregistered", Day: 1}}
		got := c.report(start.Add(s.after))
		if len(got) == 2 {
			want[1].Minute, want[1].Hour = got[1].Minute, got[1].Hour
		}
		if !slices.Equal(got, want) {
			t.Errorf("after %v: got %v, want %v", s.after, got, want)
		}
	}
	if got := c.report(start.Add(24 * time.Hour)); len(got) != 0 {
		t.Errorf("after a day: %v", got)
	}
	// After a pause of any length the old steps are empty; a clock that is set back
	// loses nothing.
	c.add(redirect.Redirected, start.Add(1000*time.Hour))
	c.add(redirect.Redirected, start)
	if got := c.report(start.Add(1000 * time.Hour)); !slices.Equal(got, []status.Requests{{Outcome: "redirected", Minute: 2, Hour: 2, Day: 2}}) {
		t.Errorf("after a pause: %v", got)
	}
}
