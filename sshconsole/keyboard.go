package sshconsole

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// What a keyboard's queue holds besides text and whole escape sequences.
const (
	keyBad       = 0x00 // stands for bytes that are no text
	keyInterrupt = 0x03 // Ctrl-C
	keyEnd       = 0x04 // Ctrl-D
	keyEscape    = 0x1B
	keyReturn    = '\r'
)

// maxTypedAhead bounds what is kept of what is typed while a command runs; a
// client that sends more waits.
const maxTypedAhead = 64 << 10

// A keyboard stands between a terminal's client and x/term, which takes Ctrl-C
// for the end of input, stumbles over bytes that are no text, and keeps
// escape sequences however long they grow. It reads on while a command runs, so
// that Ctrl-C ends that.
type keyboard struct {
	mu        sync.Mutex
	changed   *sync.Cond
	queue     []byte
	err       error               // why no more will come
	interrupt func()              // ends the command that runs, or nil
	taker     func(key byte) bool // takes keys before they are queued, or nil

	// What happened to the line being read, or read last.
	interrupted, bad bool
}

func newKeyboard() *keyboard {
	k := &keyboard{}
	k.changed = sync.NewCond(&k.mu)
	return k
}

// pump fills the keyboard from r until it ends. It returns then. A last line
// without an end is one if the caller is still there.
func (k *keyboard) pump(r io.Reader, connected func() bool) {
	var f filter
	raw := make([]byte, 1024)
	for {
		n, err := r.Read(raw)
		keys := f.add(nil, raw[:n])
		if err != nil && f.midLine && connected() {
			keys = f.end(keys)
		}
		if !k.fill(keys, err) {
			return
		}
	}
}

// fill queues keys, waits until there is room for more, and reports whether
// more are wanted. err is why there are none.
func (k *keyboard) fill(keys []byte, err error) (more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil { // closed: a client that sends on fills its own window
		return false
	}
	k.add(keys)
	k.err = err
	k.changed.Broadcast()
	for len(k.queue) > maxTypedAhead && k.err == nil {
		k.changed.Wait()
	}
	return k.err == nil
}

// close ends what waits for keys, or for room to queue more.
func (k *keyboard) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = io.EOF
	k.changed.Broadcast()
}

// add queues keys. Ctrl-C while a command runs ends it and drops what was typed
// before, as a Unix terminal does. It stays in the queue itself, for a line that
// the command may be about to read.
func (k *keyboard) add(keys []byte) {
	if i := bytes.LastIndexByte(keys, keyInterrupt); i >= 0 && k.interrupt != nil {
		k.interrupt()
		k.queue = k.queue[:0]
		keys = keys[i:]
	}
	for _, key := range keys {
		if k.taker == nil || !k.taker(key) {
			k.queue = append(k.queue, key)
		}
	}
}

// takes has taker take keys as they are typed, where it returns true; nil ends
// that.
func (k *keyboard) takes(taker func(key byte) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.taker = taker
}

// during sets what Ctrl-C ends until it is called with nil: a Ctrl-C typed right
// behind the command that begins too.
func (k *keyboard) during(interrupt func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.interrupt = interrupt
	if interrupt == nil {
		k.queue = bytes.TrimPrefix(k.queue, []byte{keyInterrupt}) // that ended a command which read no line
		return
	}
	typedAhead := k.queue
	k.queue = nil
	k.add(typedAhead)
}

// Read implements io.Reader for x/term: what is queued up to the end of a line.
func (k *keyboard) Read(p []byte) (int, error) {
	const (
		dropLine = "\x05\x15\r" // to the end, erase all before, return
		special  = string(rune(keyBad)) + string(rune(keyInterrupt)) + string(rune(keyEnd)) + string(rune(keyReturn))
	)
	if len(p) < len(dropLine) {
		return 0, errors.New("sshconsole: the terminal's buffer is full")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		for len(k.queue) == 0 && k.err == nil {
			k.changed.Wait()
		}
		if len(k.queue) == 0 {
			return 0, k.err
		}
		n := 1
		switch k.queue[0] {
		case keyBad:
			k.bad = true
			k.take(1)
			continue
		case keyInterrupt:
			k.interrupted = true
			k.take(1)
			return copy(p, dropLine), nil
		case keyEnd, keyReturn:
		default:
			for n < min(len(k.queue), len(p)) && strings.IndexByte(special, k.queue[n]) < 0 {
				n++
			}
		}
		copy(p, k.queue[:n])
		k.take(n)
		return n, nil
	}
}

func (k *keyboard) take(n int) {
	k.queue = k.queue[n:] // moving the rest up would cost a flood's length for each byte of it
	k.changed.Broadcast()
}

// beginLine is called before a line is read.
func (k *keyboard) beginLine() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.interrupted, k.bad = false, false
}

// endLine is called after it, and tells what happened to it.
func (k *keyboard) endLine() (interrupted, bad bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.interrupted, k.bad
}

// A filter turns a client's bytes into keys: CR, LF and CRLF into CR, bytes that
// are no UTF-8 and NULs into keyBad, Ctrl-C and Ctrl-D left as they are; whole
// escape sequences of keys pass, pasting's marks do not, and others are bad.
type filter struct {
	held    []byte // the beginning of a character or an escape sequence
	afterCR bool
	midLine bool
}

// keyFinals end the sequences that keys send: cursor keys, function keys, those
// with a number, Shift-Tab.
const keyFinals = "ABCDEFHPQRS~uZ"

// maxSequence bounds an escape sequence; those of keys have up to eight bytes.
const maxSequence = 16

// add appends the keys that raw makes to keys.
func (f *filter) add(keys, raw []byte) []byte {
	for _, b := range raw {
		if len(f.held) > 0 && f.held[0] == keyEscape {
			if ' ' <= b && b <= '~' {
				keys = f.sequence(keys, b)
				continue
			}
			f.held = f.held[:0] // it was none
		}
		afterCR := f.afterCR
		f.afterCR = b == '\r'
		if b < ' ' && len(f.held) > 0 { // a control character ends what was begun
			keys = append(keys, keyBad)
			f.held = f.held[:0]
		}
		switch {
		case b == keyEscape:
			f.held = append(f.held, b)
		case b == '\n' && afterCR:
		case b == '\n', b == '\r':
			keys = append(keys, keyReturn)
			f.midLine = false
		case b < utf8.RuneSelf && len(f.held) == 0:
			keys = append(keys, b)
			f.midLine = true
		default:
			f.midLine = true
			f.held = append(f.held, b)
			if !utf8.FullRune(f.held) {
				continue
			}
			for len(f.held) > 0 && utf8.FullRune(f.held) {
				r, n := utf8.DecodeRune(f.held)
				if r == utf8.RuneError {
					keys = append(keys, keyBad)
				} else {
					keys = append(keys, f.held[:n]...)
				}
				f.held = append(f.held[:0], f.held[n:]...)
			}
		}
	}
	return keys
}

// sequence takes the next byte of an escape sequence, and appends the sequence
// to keys once it is whole.
func (f *filter) sequence(keys []byte, b byte) []byte {
	const applicationMode, pasteBegins, pasteEnds = "\x1bO", "\x1b[200~", "\x1b[201~"
	const focusCame, focusWent, mouse = "\x1b[I", "\x1b[O", "\x1b[<"
	if len(f.held) <= maxSequence {
		f.held = append(f.held, b)
	}
	letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '~'
	switch held := string(f.held); {
	case len(held) == 2 && (!letter && b != '[' || b == 'P' || b == 'X'): // Alt and a digit, or what no key sends
		keys = append(keys, keyBad)
	case !letter, held == applicationMode:
		return keys
	case held == pasteBegins, held == pasteEnds, held == focusCame, held == focusWent, strings.HasPrefix(held, mouse):
	case len(held) > maxSequence, strings.HasPrefix(held, "\x1b[") && !strings.ContainsRune(keyFinals, rune(b)):
		keys = append(keys, keyBad) // no key: something pasted that would colour, move or name
	case strings.HasPrefix(held, applicationMode): // some terminals' arrow keys
		keys = append(append(keys, "\x1b["...), b)
	default:
		keys = append(keys, held...)
	}
	f.held = f.held[:0]
	return keys
}

// end appends what the end of the input makes: the end of a last line.
func (f *filter) end(keys []byte) []byte {
	if f.midLine {
		keys = append(keys, keyReturn)
	}
	return keys
}
