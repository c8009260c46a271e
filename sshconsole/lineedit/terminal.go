package lineedit

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/term"
)

// A Terminal reads lines with x/term's editing, and writes to the screen. Write
// and Resize may be called while a line is read.
type Terminal struct {
	config  Config
	keys    *keyboard
	screen  io.Writer
	history history

	mu      sync.Mutex // guards editor, which is replaced after Ctrl-D
	editor  *term.Terminal
	tooLong bool
	recall  bool // the line being read enters the history
}

// A Config is how a [Terminal] behaves. Columns must be set.
type Config struct {
	// Prompt is the text before lines that Up recalls. Other lines, such as
	// answers to questions, don't enter the history.
	Prompt string
	// Columns is the width of the screen in characters, as [ClampWidth] returns it.
	Columns *atomic.Int32
	// Complete returns line and the position of the cursor after Tab. If nil, Tab
	// does nothing.
	Complete func(line string, pos int) (string, int)
}

// NewTerminal returns a Terminal that writes to screen. It reads what
// [Terminal.Pump] is given, until Close.
func NewTerminal(screen io.Writer, c Config) *Terminal {
	t := &Terminal{config: c, keys: newKeyboard(), screen: &serialWriter{w: screen}}
	t.renew()
	return t
}

// Pump takes the client's bytes from r, until r ends or the terminal is closed. A
// last line without an end counts only if connected reports that the client still
// is. While a command runs, what is typed ahead is kept, within bounds.
func (t *Terminal) Pump(r io.Reader, connected func() bool) { t.keys.pump(r, connected) }

// Close ends ReadLine and Pump.
func (t *Terminal) Close() { t.keys.close() }

// During sets what Ctrl-C calls while a command runs: also a Ctrl-C that was
// typed just before. If interrupt is nil, no command runs.
func (t *Terminal) During(interrupt func()) { t.keys.during(interrupt) }

// TakeKeys passes each key that is typed to take; a key for which take returns
// true is not read as part of a line. If nil, that ends.
func (t *Terminal) TakeKeys(take func(key byte) bool) { t.keys.takes(take) }

// A serialWriter is shared by an editor and the one that replaces it.
type serialWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *serialWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// renew replaces the editor: after Ctrl-D x/term returns io.EOF for ever.
func (t *Terminal) renew() {
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.keys, t.screen}, "")
	editor.History = editorHistory{t}
	editor.AutoCompleteCallback = t.key
	t.mu.Lock()
	defer t.mu.Unlock()
	t.editor = editor
	_ = editor.SetSize(t.Width(), 24)
}

func (t *Terminal) current() *term.Terminal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.editor
}

// key is called for each key that x/term gives no meaning.
func (t *Terminal) key(line string, pos int, key rune) (string, int, bool) {
	if key == '\t' {
		if t.config.Complete != nil {
			line, pos = t.config.Complete(line, pos)
		}
		return line, pos, true
	}
	// x/term silently drops what is typed beyond its longest line.
	if key >= ' ' && (len(line)+utf8.RuneLen(key) > MaxLine) {
		t.tooLong = true
	}
	return "", 0, false
}

// ReadLine shows prompt and returns the line that is typed after it. The error is
// io.EOF after Ctrl-D or at the end of the input, [ErrInterrupted] after Ctrl-C,
// or an [*Error].
func (t *Terminal) ReadLine(prompt string) (string, error) {
	t.tooLong, t.recall = false, prompt == t.config.Prompt
	editor := t.current()
	editor.SetPrompt(prompt)
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
		return "", ErrInterrupted
	case t.tooLong:
		return "", errTooLong
	case bad:
		return "", &Error{"contains bytes that are not text"}
	}
	return line, Check(line)
}

func (t *Terminal) Write(p []byte) (int, error) { return t.current().Write(p) }

// Width returns the width of the screen in characters.
func (t *Terminal) Width() int { return int(t.config.Columns.Load()) }

// Resize redraws what is typed after Columns has changed. It waits while a line
// is written.
func (t *Terminal) Resize() { _ = t.current().SetSize(t.Width(), 24) }

// ClampWidth returns columns, or 80 if no screen is that wide: clients that don't
// know their width send 0.
func ClampWidth(columns uint32) int32 {
	if columns < 1 || columns > 10_000 {
		return 80
	}
	return int32(columns)
}

// A history is the lines that Up recalls: the newest first, without empty and
// repeated ones.
type history []string

const maxHistory = 100

func (h *history) add(line string) {
	if line == "" || len(*h) > 0 && (*h)[0] == line {
		return
	}
	*h = slices.Insert(*h, 0, line)
	*h = (*h)[:min(len(*h), maxHistory)]
}

// An editorHistory is the terminal's history as x/term uses it.
type editorHistory struct{ t *Terminal }

func (h editorHistory) Add(line string) {
	if h.t.recall {
		h.t.history.add(line)
	}
}
func (h editorHistory) Len() int        { return len(h.t.history) }
func (h editorHistory) At(i int) string { return h.t.history[i] }
