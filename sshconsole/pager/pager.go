// Package pager shows long output on a terminal one screen at a time.
package pager

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"

	"github.com/rivo/uniseg"
)

// A Screen is the terminal that a [Pager] writes to. All fields must be set.
type Screen struct {
	Out io.Writer
	// Width and Height return the size in characters. If Height is under 3, it is not
	// known, and nothing is paged.
	Width, Height func() int
	// TakeKeys passes what is typed to take, which returns whether it took the key. If
	// take is nil, that ends.
	TakeKeys func(take func(key byte) bool)
	// TypedAhead reports whether keys wait to be read. They were not meant for the
	// pager, which then stops nowhere.
	TypedAhead func() bool
	// Stopping is closed when the service is about to end: what is left is dropped.
	Stopping <-chan struct{}
}

// A Pager writes whole lines to a screen, and waits for a key when the screen is full:
// Space shows the next screen, Return the next line, / and a text what follows from the
// next line with that text on, and q ends the output. Any other key does too, and is
// left for the prompt. It is not safe for concurrent use.
type Pager struct {
	screen Screen
	ctx    context.Context
	quit   func()

	partial []byte // a line without its end
	used    int    // rows of the screen that are full
	search  string // what the next line to show has, in lower case, or ""
	ended   bool   // by a key
	dropped bool   // what follows is not shown
}

// New returns a Pager. It calls quit when the output is to end, and drops what is
// written afterwards. It waits for no keys any more once ctx ends.
func New(ctx context.Context, screen Screen, quit func()) *Pager {
	return &Pager{screen: screen, ctx: ctx, quit: quit}
}

// Ended reports whether a key ended the output.
func (p *Pager) Ended() bool { return p.ended }

// Write implements [io.Writer]. It returns no errors: if the client has gone, what it
// would have seen is dropped.
func (p *Pager) Write(text []byte) (int, error) {
	n := len(text)
	for {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		p.partial = append(p.partial, line...)
		if !whole {
			return n, nil
		}
		p.line(append(p.partial, '\n'))
		p.partial, text = p.partial[:0], rest
	}
}

// Close writes what is left of a line without an end, and says so if a text that was
// searched for did not come.
func (p *Pager) Close() {
	if len(p.partial) > 0 {
		p.line(p.partial)
		p.partial = nil
	}
	if p.search != "" && !p.dropped && p.ctx.Err() == nil {
		_, _ = io.WriteString(p.screen.Out, "No more lines have that text.\n")
	}
}

// line shows a line, after a key if the screen is full.
func (p *Pager) line(text []byte) {
	if p.dropped || p.search != "" && !bytes.Contains(bytes.ToLower(text), []byte(p.search)) {
		return
	}
	p.search = ""
	rows := 1 + max(0, uniseg.StringWidth(string(text))-1)/max(1, p.screen.Width())
	height := p.screen.Height()
	if height >= 3 && p.used > 0 && p.used+rows > height-1 && p.ctx.Err() == nil && !p.screen.TypedAhead() {
		p.pause()
		if p.dropped || p.search != "" {
			p.line(text)
			return
		}
	}
	p.used += rows
	_, _ = p.screen.Out.Write(text)
}

const (
	question = "-- more: Space, Return, / or q --"
	erase    = "\r\x1b[K"
)

// pause waits for a key and does what it says.
func (p *Pager) pause() {
	k := &keys{decided: make(chan struct{}), changed: make(chan string, 1)}
	_, _ = io.WriteString(p.screen.Out, question)
	p.screen.TakeKeys(k.take)
	defer p.screen.TakeKeys(nil)
	defer func() { _, _ = io.WriteString(p.screen.Out, erase) }()
	for {
		select {
		case <-p.ctx.Done():
			p.dropped = true
			return
		case <-p.screen.Stopping:
			p.dropped = true
			return
		case shown := <-k.changed:
			_, _ = io.WriteString(p.screen.Out, erase+shown)
			continue
		case <-k.decided:
		}
		break
	}
	switch k.decision {
	case ' ':
		p.used = 0
	case '\r':
		p.used--
	case '/':
		p.used, p.search = 0, strings.ToLower(k.text.String())
	default:
		p.ended, p.dropped = true, true
		p.quit()
	}
}

// keys reads the answer to a question.
type keys struct {
	decided  chan struct{} // closed once decision is made
	decision byte          // ' ', '\r', '/' or 'q'
	changed  chan string   // what is to be shown in place of the question

	mu        sync.Mutex
	searching bool
	text      strings.Builder // that is searched for
	done      bool
}

// take takes a key, unless the answer is complete or the key is none.
func (k *keys) take(key byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.done:
		return false
	case k.searching:
		k.add(key)
		return true
	case key == '/':
		k.searching = true
		k.show("/")
		return true
	case key == ' ' || key == '\r' || key == '\n':
		k.decide(map[bool]byte{true: ' ', false: '\r'}[key == ' '])
		return true
	}
	k.decide('q')
	return key == 'q' || key == 'Q'
}

// add adds a key to the text that is searched for.
func (k *keys) add(key byte) {
	switch {
	case key == '\r' || key == '\n':
		k.decide('/')
	case key == 0x7F || key == 0x08: // Backspace
		text := []rune(k.text.String())
		k.text.Reset()
		k.text.WriteString(string(text[:max(0, len(text)-1)]))
		k.show("/" + k.text.String())
	case key >= ' ' && k.text.Len() < 100:
		k.text.WriteByte(key)
		k.show("/" + k.text.String())
	}
}

func (k *keys) decide(decision byte) {
	k.decision, k.done = decision, true
	close(k.decided)
}

// show replaces what is shown, if that has not been written yet.
func (k *keys) show(text string) {
	select {
	case <-k.changed:
	default:
	}
	k.changed <- text
}
