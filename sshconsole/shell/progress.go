package shell

import (
	"fmt"
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
	session *session
	things  string // what is counted, such as "lines"
	begun   time.Time
	told    time.Time
	bar     *progressbar.ProgressBar // at a terminal
}

// newProgress begins work on total things, -1 where that is not known.
func newProgress(c *session, things string, total int) *progress {
	p := &progress{session: c, things: things, begun: time.Now()}
	if c.Width() > 0 && !c.json {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(late{p}),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetWidth(20),
			progressbar.OptionSetItsString(things),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetSpinnerChangeInterval(0), // drawn as work goes on
			progressbar.OptionThrottle(redrawEvery),
			progressbar.OptionClearOnFinish())
		p.bar.StartWithoutRender()
	}
	return p
}

// late is the writer of a bar, which does not show before progressAfter.
type late struct{ *progress }

func (l late) Write(b []byte) (int, error) {
	if time.Since(l.begun) < progressAfter {
		return len(b), nil
	}
	l.told = time.Now()
	return l.session.Err.Write(b)
}

type progressObject struct {
	Done      int `json:"done"`
	PerSecond int `json:"per_second"`
}

// at says that done things are done, of all.
func (p *progress) at(done int) {
	if p.bar != nil {
		_ = p.bar.Set(done)
		return
	}
	now := time.Now()
	taken := now.Sub(p.begun)
	if taken < progressAfter || now.Sub(p.told) < progressEvery {
		return
	}
	p.told = now
	perSecond := int(float64(done) / taken.Seconds())
	if p.session.json {
		writeJSON(p.session.Err, progressObject{done, perSecond})
		return
	}
	fmt.Fprintf(p.session.Err, "%d %s done, %d a second\n", done, p.things, perSecond)
}

// end clears what is drawn.
func (p *progress) end() {
	if p.bar != nil && !p.told.IsZero() {
		_ = p.bar.Clear()
	}
}
