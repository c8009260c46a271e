package shell

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress is shown after progressAfter, and then every progressEvery.
const (
	progressAfter = 2 * time.Second
	progressEvery = 5 * time.Second
	redrawEvery   = 200 * time.Millisecond
)

// A progress reports how much of some work is done to standard error: at a
// terminal in a line that is redrawn, otherwise in a new line each time.
type progress struct {
	session *session
	things  string // what is counted, such as "lines"
	begun   time.Time
	shown   time.Time
	bar     *progressbar.ProgressBar // at a terminal
}

// newProgress begins work on total things, or -1 if their number is unknown.
func newProgress(s *session, things string, total int) *progress {
	p := &progress{session: s, things: things, begun: time.Now()}
	if s.Width() > 0 && !s.json {
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

// late is the writer of a bar, which is hidden until progressAfter.
type late struct{ *progress }

func (l late) Write(b []byte) (int, error) {
	if time.Since(l.begun) < progressAfter {
		return len(b), nil
	}
	l.shown = time.Now()
	return l.session.Err.Write(b)
}

type progressObject struct {
	Done      int `json:"done"`
	PerSecond int `json:"per_second"`
}

// at reports that a total of done things are done.
func (p *progress) at(done int) {
	if p.bar != nil {
		_ = p.bar.Set(done)
		return
	}
	now := time.Now()
	taken := now.Sub(p.begun)
	if taken < progressAfter || now.Sub(p.shown) < progressEvery {
		return
	}
	p.shown = now
	perSecond := int(float64(done) / taken.Seconds())
	if p.session.json {
		writeJSON(p.session.Err, progressObject{done, perSecond})
		return
	}
	fmt.Fprintf(p.session.Err, "%d %s done, %d a second\n", done, p.things, perSecond)
}

// end clears the bar.
func (p *progress) end() {
	if p.bar != nil && !p.shown.IsZero() {
		_ = p.bar.Clear()
	}
}
