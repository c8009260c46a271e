package progress

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
		form  Form
		total int
		want  string
	}{
		{"lines", Lines, -1, "3000 lines done, 1500 a second\n8000 lines done, 1142 a second\n"},
		{"for programs", JSON, 9000, `{"done":3000,"per_second":1500}` + "\n" + `{"done":8000,"per_second":1142}` + "\n"},
		{"at a terminal", Bar, -1, "(3000/-, "},
		{"at a terminal, of all", Bar, 9000, "33% [=====>..............] (3000/9000, "},
	} {
		synctest.Test(t, func(t *testing.T) {
			var written bytes.Buffer
			p := New(&written, c.form, "lines", c.total)
			time.Sleep(time.Second)
			p.At(1000)
			if written.Len() > 0 {
				t.Errorf("%s: written at once: %q", c.name, written.String())
			}
			time.Sleep(showAfter - time.Second)
			p.At(3000)
			p.At(4000) // too early for another line
			time.Sleep(showEvery)
			p.At(8000)
			p.End()
			got := written.String()
			if terminal := c.form == Bar; !terminal && got != c.want ||
				terminal && (!strings.Contains(got, c.want) || strings.Contains(got, "4000") || strings.Contains(got, "\n") || !strings.HasSuffix(got, " \r")) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		})
	}
}
