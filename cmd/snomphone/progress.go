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
	printEvery  = 5 * time.Second
)

// A progress prints how many phones are done: at a terminal in a line that is
// redrawn, otherwise in a new line every few seconds.
type progress struct {
	w   io.Writer
	bar *progressbar.ProgressBar // nil if w is no terminal

	mu      sync.Mutex
	printed time.Time
}

func newProgress(w io.Writer, n int) *progress {
	p := &progress{w: w, printed: time.Now()}
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

// add counts one more phone; done is the total.
func (p *progress) add(done int) {
	if p.bar != nil {
		_ = p.bar.Add(1)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.printed) >= printEvery {
		p.printed = now
		fmt.Fprintf(p.w, "%s done\n", plural(done, "phone"))
	}
}

// end clears the line.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
