package lineedit

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/term"
)

// A Terminal reads lines that are edited with x/term, and writes to the screen. Write
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
	// Prompt is the prompt of lines that Up recalls. Lines read with another one,
	// such as confirmations, don't enter the history.
	Prompt string
	// Columns is the width of the screen in characters, as [ClampWidth] returns it.
	Columns *atomic.Int32
	// Complete returns line and the position of the cursor after Tab. If nil, Tab
	// does nothing. In lines read with another prompt, Tab is a character: pasted
	// cells are separated by it.
	Complete func(line string, pos int) (string, int)
}

// NewTerminal returns a Terminal that writes to screen, and reads what
// [Terminal.Pump] passes to it until Close.
func NewTerminal(screen io.Writer, c Config) *Terminal {
	t := &Terminal{config: c, keys: newKeyboard(), screen: &serialWriter{w: screen}}
	t.renew()
	return t
}

// Pump reads the client's bytes from r until r ends or the terminal is closed. A
// last line without an end is read only if connected reports that the client is
// still connected. Up to 64 KiB that are typed ahead while a command runs are kept;
// beyond that Pump waits.
func (t *Terminal) Pump(r io.Reader, connected func() bool) { t.keys.pump(r, connected) }

// Close ends ReadLine and Pump.
func (t *Terminal) Close() { t.keys.close() }

// During sets what Ctrl-C calls while a command runs. A Ctrl-C that was typed ahead
// calls it at once. If interrupt is nil, no command runs, and Ctrl-C discards the
// line.
func (t *Terminal) During(interrupt func()) { t.keys.during(interrupt) }

// TakeKeys passes each key that is typed to take. A key for which take returns true
// is not read as part of a line. If take is nil, all keys are.
func (t *Terminal) TakeKeys(take func(key byte) bool) { t.keys.setTaker(take) }

// A serialWriter serializes the writes of an editor and the one that replaces it.
type serialWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *serialWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// renew replaces the editor: after Ctrl-D, x/term returns io.EOF forever.
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

// key is called for each key that x/term does not handle itself.
func (t *Terminal) key(line string, pos int, key rune) (string, int, bool) {
	if key == '\t' && !t.recall { // between a spreadsheet's cells
		if len(line) >= MaxLine {
			t.tooLong = true
			return line, pos, true
		}
		return line[:pos] + "\t" + line[pos:], pos + 1, true
	}
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

// ReadLine shows prompt and returns the next line. The error is io.EOF after Ctrl-D
// and at the end of the input, [ErrInterrupted] after Ctrl-C, or an [*Error].
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

// Write writes to the screen, above the line that is being typed.
func (t *Terminal) Write(p []byte) (int, error) { return t.current().Write(p) }

// Width returns the width of the screen in characters.
func (t *Terminal) Width() int { return int(t.config.Columns.Load()) }

// Resize redraws the line that is being typed. Call it after Columns has changed. It
// blocks while a Write does.
func (t *Terminal) Resize() { _ = t.current().SetSize(t.Width(), 24) }

// ClampWidth returns columns, or 80 if it is 0, which clients without a known width
// send, or over 10,000.
func ClampWidth(columns uint32) int32 {
	if columns < 1 || columns > 10_000 {
		return 80
	}
	return int32(columns)
}

// A history is the lines that Up recalls, the last one first, without empty and
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

// An editorHistory implements [term.History].
type editorHistory struct{ t *Terminal }

func (h editorHistory) Add(line string) {
	if h.t.recall {
		h.t.history.add(line)
	}
}
func (h editorHistory) Len() int        { return len(h.t.history) }
func (h editorHistory) At(i int) string { return h.t.history[i] }
