// Package progress reports how far long work has come: to a person at a terminal,
// to a log, or to a program.
package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// A Progress is shown after showAfter, and then every showEvery or redrawEvery.
const (
	showAfter   = 2 * time.Second
	showEvery   = 5 * time.Second
	redrawEvery = 200 * time.Millisecond
)

// A Form is how progress is shown.
type Form uint8

const (
	// Lines is a new line each time.
	Lines Form = iota
	// Bar is one line that is redrawn, for a terminal.
	Bar
	// JSON is one object on a line each time: {"done":3000,"per_second":1500}.
	JSON
)

// A Progress reports how much of some work is done. It must not be used
// concurrently.
type Progress struct {
	w      io.Writer
	form   Form
	things string // what is counted, such as "lines"
	begun  time.Time
	shown  time.Time
	bar    *progressbar.ProgressBar // if form is Bar
}

// New begins work on total things, or -1 if their number is unknown.
func New(w io.Writer, form Form, things string, total int) *Progress {
	p := &Progress{w: w, form: form, things: things, begun: time.Now()}
	if form == Bar {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(late{p}),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetWidth(20),
			progressbar.OptionSetItsString(things),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetSpinnerChangeInterval(0), // drawn when work is done, not by a timer
			progressbar.OptionThrottle(redrawEvery),
			progressbar.OptionClearOnFinish())
		p.bar.StartWithoutRender()
	}
	return p
}

// late is the writer of a bar, which is hidden until showAfter.
type late struct{ *Progress }

func (l late) Write(b []byte) (int, error) {
	if time.Since(l.begun) < showAfter {
		return len(b), nil
	}
	l.shown = time.Now()
	return l.w.Write(b)
}

// At reports that a total of done things are done.
func (p *Progress) At(done int) {
	if p.bar != nil {
		_ = p.bar.Set(done)
		return
	}
	now := time.Now()
	taken := now.Sub(p.begun)
	if taken < showAfter || now.Sub(p.shown) < showEvery {
		return
	}
	p.shown = now
	perSecond := int(float64(done) / taken.Seconds())
	if p.form == JSON {
		_ = json.NewEncoder(p.w).Encode(struct {
			Done      int `json:"done"`
			PerSecond int `json:"per_second"`
		}{done, perSecond})
		return
	}
	fmt.Fprintf(p.w, "%d %s done, %d a second\n", done, p.things, perSecond)
}

// End clears the bar.
func (p *Progress) End() {
	if p.bar != nil && !p.shown.IsZero() {
		_ = p.bar.Clear()
	}
}
