package shell

import "io"

// An IO is where commands come from and answers go to. In, Out and Err must be
// set.
type IO struct {
	In       LineReader
	Out, Err io.Writer
	// Width returns the terminal's width in characters. If nil or 0, there is no
	// terminal.
	Width func() int
	// Height returns the terminal's height in lines. If nil or 0, it is not known, and
	// long output is not paged.
	Height func() int
	// During is called with what Ctrl-C calls while a command runs, and with nil
	// after it. If nil, commands can't be interrupted.
	During func(interrupt func())
	// TakeKeys passes what is typed while a command runs to take, which returns
	// whether it took the key. If take is nil, that ends. If TakeKeys is nil, no
	// command reads keys.
	TakeKeys func(take func(key byte) bool)
	// TypedAhead reports whether something was typed that no line or command has read
	// yet. If nil, nothing was.
	TypedAhead func() bool
}

// A SecretReader reads lines that must not appear on the screen, nor be recalled. A
// terminal is one, with the errors of a [LineReader].
type SecretReader interface {
	ReadSecret(prompt string) (string, error)
}

func (io IO) withDefaults() IO {
	if io.Width == nil {
		io.Width = func() int { return 0 }
	}
	if io.Height == nil {
		io.Height = func() int { return 0 }
	}
	if io.TypedAhead == nil {
		io.TypedAhead = func() bool { return false }
	}
	if io.During == nil {
		io.During = func(func()) {}
	}
	if io.TakeKeys == nil {
		io.TakeKeys = func(func(byte) bool) {}
	}
	return io
}
