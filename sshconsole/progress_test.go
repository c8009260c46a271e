package sshconsole

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		json  bool
		want  []string // in this order
		lines int
	}{
		{"plain", 0, false, []string{"3000 lines done, 1", " a second\n", "8000 lines done"}, 2},
		{"for programs", 0, true, []string{`{"done":3000,"per_second":1`, `{"done":8000,`}, 2},
		{"at a terminal", 80, false, []string{"\r", "(3000/-", " lines/s"}, 0},
	} {
		var told bytes.Buffer
		console := &console{problems: &told, width: func() int { return c.width }, json: c.json}
		p := newProgress(console, "lines", -1)
		p.at(1000)
		if told.Len() > 0 {
			t.Errorf("%s: told at once: %q", c.name, told.String())
		}
		p.begun = p.begun.Add(-progressAfter)
		p.at(3000)
		p.at(4000) // too early for another line
		p.told = p.told.Add(-progressEvery)
		time.Sleep(time.Millisecond)
		p.at(8000)
		p.end()
		rest := told.String()
		for _, want := range c.want {
			i := strings.Index(rest, want)
			if i < 0 {
				t.Fatalf("%s: %q lacks %q", c.name, told.String(), want)
			}
			rest = rest[i+len(want):]
		}
		if n := strings.Count(told.String(), "\n"); n != c.lines {
			t.Errorf("%s: %d lines in %q", c.name, n, told.String())
		}
	}
}
