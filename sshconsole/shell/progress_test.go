package shell

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		json  bool
		total int
		want  string
	}{
		{"plain", 0, false, -1, "3000 lines done, 1500 a second\n8000 lines done, 1142 a second\n"},
		{"for programs", 80, true, 9000, `{"done":3000,"per_second":1500}` + "\n" + `{"done":8000,"per_second":1142}` + "\n"},
		{"at a terminal", 80, false, -1, "(3000/-, "},
		{"at a terminal, of all", 80, false, 9000, "33% [=====>..............] (3000/9000, "},
	} {
		synctest.Test(t, func(t *testing.T) {
			var written bytes.Buffer
			session := &session{IO: IO{Err: &written, Width: func() int { return c.width }}, json: c.json}
			p := newProgress(session, "lines", c.total)
			time.Sleep(time.Second)
			p.at(1000)
			if written.Len() > 0 {
				t.Errorf("%s: written at once: %q", c.name, written.String())
			}
			time.Sleep(progressAfter - time.Second)
			p.at(3000)
			p.at(4000) // too early for another line
			time.Sleep(progressEvery)
			p.at(8000)
			p.end()
			got := written.String()
			if terminal := c.width > 0 && !c.json; !terminal && got != c.want ||
				terminal && (!strings.Contains(got, c.want) || strings.Contains(got, "4000") || strings.Contains(got, "\n") || !strings.HasSuffix(got, " \r")) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		})
	}
}
