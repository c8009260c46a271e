package sshconsole

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/term"
)

// A terminal reads lines with x/term's editing, and writes. Writing and resizing
// may go on while a line is read.
type terminal struct {
	keys     *keyboard
	screen   io.Writer
	complete func(line string, pos int) (string, int) // nil completes nothing
	history  history
	columns  *atomic.Int32 // as sane returns it

	mu      sync.Mutex // guards editor, which is made anew after Ctrl-D
	editor  *term.Terminal
	tooLong bool
	noted   bool // the line goes into the history
}

func newTerminal(keys *keyboard, screen io.Writer, columns *atomic.Int32) *terminal {
	t := &terminal{keys: keys, screen: &oneAtATime{w: screen}, columns: columns}
	t.renew()
	return t
}

// oneAtATime is a writer that an editor and the one made after it may share.
type oneAtATime struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *oneAtATime) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

// renew makes a new editor: one that has seen Ctrl-D sees it for ever.
func (t *terminal) renew() {
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.keys, t.screen}, "")
	editor.History = editorHistory{t}
	editor.AutoCompleteCallback = t.key
	t.mu.Lock()
	defer t.mu.Unlock()
	t.editor = editor
	_ = editor.SetSize(t.width(), 24)
}

func (t *terminal) current() *term.Terminal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.editor
}

// key is called for each key that x/term has no meaning of its own for.
func (t *terminal) key(line string, pos int, key rune) (string, int, bool) {
	if key == '\t' {
		if t.complete != nil {
			line, pos = t.complete(line, pos)
		}
		return line, pos, true
	}
	// x/term drops what is typed behind its longest line without a word.
	if key >= ' ' && (len(line)+utf8.RuneLen(key) > maxLine) {
		t.tooLong = true
	}
	return "", 0, false
}

// ReadLine implements lineReader. Only lines behind the prompt enter the history.
func (t *terminal) ReadLine(text string) (string, error) {
	t.tooLong, t.noted = false, text == prompt
	editor := t.current()
	editor.SetPrompt(text)
	t.keys.beginLine()
	line, err := editor.ReadLine()
	interrupted, bad := t.keys.endLine()
	switch {
	case err == io.EOF:
		t.renew()
		return "", err
	case err != nil:
		return "", err
	case interrupted:
		return "", errInterrupted
	case t.tooLong:
		return "", errLineTooLong
	case bad:
		return "", badLine("held bytes that are not text")
	}
	return line, checkLine(line)
}

func (t *terminal) Write(p []byte) (int, error) { return t.current().Write(p) }

// width returns the terminal's width in characters.
func (t *terminal) width() int { return int(t.columns.Load()) }

// resize redraws what is typed for the width as it is now. It waits while a
// line is written.
func (t *terminal) resize() { _ = t.current().SetSize(t.width(), 24) }

// clampWidth is a width to work with: clients that know none say 0.
func clampWidth(columns uint32) int32 {
	if columns < 1 || columns > 10_000 {
		return 80
	}
	return int32(columns)
}

// A history is what Up brings back: the last lines, without empty ones and
// repetitions, the newest first.
type history []string

const maxHistory = 100

func (h *history) add(line string) {
	if line == "" || len(*h) > 0 && (*h)[0] == line {
		return
	}
	*h = slices.Insert(*h, 0, line)
	*h = (*h)[:min(len(*h), maxHistory)]
}

// editorHistory is the terminal's history as x/term uses it.
type editorHistory struct{ t *terminal }

func (n editorHistory) Add(line string) {
	if n.t.noted {
		n.t.history.add(line)
	}
}
func (n editorHistory) Len() int        { return len(n.t.history) }
func (n editorHistory) At(i int) string { return n.t.history[i] }
