package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	redrawEvery = 200 * time.Millisecond
	tellEvery   = 5 * time.Second
)

// A progress tells how many phones are done: at a terminal by a line that is
// redrawn, else by a line from time to time.
type progress struct {
	w   io.Writer
	bar *progressbar.ProgressBar // at a terminal

	mu   sync.Mutex
	told time.Time
}

func newProgress(w io.Writer, n int) *progress {
	p := &progress{w: w, told: time.Now()}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(n,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetWidth(20),
			progressbar.OptionSetItsString("phones"),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionThrottle(redrawEvery),
			progressbar.OptionSetRenderBlankState(true),
			progressbar.OptionClearOnFinish())
	}
	return p
}

// at says that one more is done, of done in all.
func (p *progress) at(done int) {
	if p.bar != nil {
		_ = p.bar.Add(1)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.told) >= tellEvery {
		p.told = now
		fmt.Fprintf(p.w, "%s done\n", plural(done, "phone"))
	}
}

// end clears what is drawn.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
