package lineedit

import (
	"io"
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
	secret  bool // the line being read is not shown

	prompt string  // as it is shown
	search *search // the one with Ctrl-R, or nil
	wide   bool    // the line was last shown by show
}

// A Config is how a [Terminal] behaves. Columns must be set.
type Config struct {
	// Prompt is the prompt of lines that Up recalls. Lines read with another one,
	// such as confirmations, don't enter the history.
	Prompt string
	// Columns is the width of the screen in characters, as [ClampWidth] returns it.
	Columns *atomic.Int32
	// TextWidth returns how many columns text takes on the screen. If nil, each
	// character takes one.
	TextWidth func(text string) int
	// Complete returns line and the position of the cursor after Tab, and candidates
	// to show. If nil, Tab does nothing. In lines read with another prompt, Tab is a
	// character: pasted cells are separated by it.
	Complete func(line string, pos int) (newLine string, newPos int, candidates []string)
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

// TypedAhead reports whether something was typed that was not read yet.
func (t *Terminal) TypedAhead() bool { return t.keys.typedAhead() }

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
	switch {
	case key == keyIdle:
		t.show(line, pos)
		return "", 0, false
	case t.search != nil, key == keySearch && t.recall:
		line, pos = t.searchKey(line, pos, key)
		return line, pos, true
	case key == '\t' && !t.recall: // of a list
		if len(line) == MaxLine {
			t.tooLong = true
			return "", 0, false
		}
		return line[:pos] + "\t" + line[pos:], pos + 1, true
	case key == '\t':
		if t.config.Complete != nil {
			var candidates []string
			line, pos, candidates = t.config.Complete(line, pos)
			if len(candidates) > 0 {
				_, _ = io.WriteString(t, inColumns(candidates, t.Width()))
			}
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
	t.secret = false
	return t.read(prompt, prompt == t.config.Prompt, (*term.Terminal).ReadLine)
}

// ReadSecret is ReadLine for a line that does not appear on the screen and is not
// recalled.
func (t *Terminal) ReadSecret(prompt string) (string, error) {
	t.secret = true
	return t.read(prompt, false, func(editor *term.Terminal) (string, error) { return editor.ReadPassword(prompt) })
}

// read reads a line. recall is whether earlier lines are recalled and searched.
func (t *Terminal) read(prompt string, recall bool, readLine func(*term.Terminal) (string, error)) (string, error) {
	t.tooLong, t.recall = false, recall
	t.search, t.wide = nil, false
	editor := t.current()
	t.setPrompt(prompt)
	t.keys.beginLine(t.recall)
	line, err := readLine(editor)
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

func (t *Terminal) setPrompt(prompt string) {
	t.prompt = prompt
	t.current().SetPrompt(prompt)
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

// ClampHeight returns rows, or 0, which is unknown, if it is over 10,000.
func ClampHeight(rows uint32) int32 {
	if rows > 10_000 {
		return 0
	}
	return int32(rows)
}
