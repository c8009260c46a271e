package sshconsole

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress is told once work has taken a while, and then from time to time.
const (
	progressAfter = 2 * time.Second
	progressEvery = 5 * time.Second
	redrawEvery   = 200 * time.Millisecond
)

// A progress tells how much of some work is done: at a terminal by a line that
// is redrawn, else by a line from time to time, to where problems go.
type progress struct {
	console *console
	things  string // what is counted, such as "lines"
	total   int    // -1 is not known
	begun   time.Time
	told    time.Time
	bar     *progressbar.ProgressBar
}

func newProgress(c *console, things string, total int) *progress {
	return &progress{console: c, things: things, total: total, begun: time.Now()}
}

type progressObject struct {
	Done      int `json:"done"`
	PerSecond int `json:"per_second"`
}

// at says that done things are done, of all.
func (p *progress) at(done int) {
	now := time.Now()
	taken := now.Sub(p.begun)
	if taken < progressAfter {
		return
	}
	perSecond := int(float64(done) / taken.Seconds())
	c := p.console
	switch {
	case c.width() > 0 && !c.json:
		if p.bar == nil {
			p.bar = progressbar.NewOptions(p.total,
				progressbar.OptionSetWriter(c.problems),
				progressbar.OptionSetWidth(20),
				progressbar.OptionSetItsString(p.things),
				progressbar.OptionShowCount(),
				progressbar.OptionShowIts(),
				progressbar.OptionSetElapsedTime(false),
				progressbar.OptionSetSpinnerChangeInterval(0), // drawn here alone
				progressbar.OptionThrottle(redrawEvery),
				progressbar.OptionClearOnFinish())
		}
		_ = p.bar.Set(done)
	case now.Sub(p.told) < progressEvery:
	case c.json:
		writeJSON(c.problems, progressObject{done, perSecond})
		p.told = now
	default:
		fmt.Fprintf(c.problems, "%d %s done, %d a second\n", done, p.things, perSecond)
		p.told = now
	}
}

// end clears what is drawn.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		io.WriteString(p.console.problems, "\r")
	}
}
