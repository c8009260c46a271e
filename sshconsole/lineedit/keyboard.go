package lineedit

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
)

// What a keyboard's queue contains besides text and whole escape sequences.
const (
	keyBad       = 0x00 // stands for bytes that are not text
	keyInterrupt = 0x03 // Ctrl-C
	keyEnd       = 0x04 // Ctrl-D
	keySearch    = 0x12 // Ctrl-R
	keyEscape    = 0x1B
	keyReturn    = '\r'
)

// What Read returns besides: control characters that x/term passes to its callback.
// If a client sends them, they mean nothing.
const (
	keyCancel = 0x07 // Ctrl-G during a search
	keyErase  = 0x1C // Backspace during a search
	keyAccept = 0x1D // the end of a search, before the key that ended it
	keyIdle   = 0x1E // all that was typed has been shown
)

func isBackspace(key byte) bool { return key == 0x7F || key == 0x08 }

// maxTypedAhead bounds what a client can type ahead, in bytes, while a command
// runs. A client that sends more waits.
const maxTypedAhead = 64 << 10

// A keyboard is a queue of keys between a client and x/term. x/term itself takes
// Ctrl-C for the end of input, fails on bytes that are not text, and buffers escape
// sequences without a limit. It keeps reading while a command runs, so that
// Ctrl-C can end the command.
type keyboard struct {
	mu        sync.Mutex
	changed   *sync.Cond
	queue     []byte
	err       error               // why there will be no more keys, or nil
	interrupt func()              // ends the running command, or nil
	taker     func(key byte) bool // takes keys before they are queued, or nil

	// What happened to the current line, or the last one.
	interrupted, bad bool

	searchable bool // Ctrl-R searches
	searching  bool // what is typed is searched for
	shown      bool // nothing was read since keyIdle
}

func newKeyboard() *keyboard {
	k := &keyboard{}
	k.changed = sync.NewCond(&k.mu)
	return k
}

// pump fills the queue from r until r ends or the keyboard is closed. If connected
// reports that the client still is, a last line without an end is complete.
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

// fill queues keys and waits until there is room for more. It returns false if there
// will be no more: after err, or once the keyboard is closed.
func (k *keyboard) fill(keys []byte, err error) (more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil { // closed: what the client still sends stays in its own window
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

// close ends Read, after the keys in the queue, and pump.
func (k *keyboard) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err, k.queue = io.EOF, nil
	k.changed.Broadcast()
}

// add queues keys. While a command runs, Ctrl-C interrupts it and discards what was
// typed before, as a Unix terminal does. The Ctrl-C itself stays in the queue, for a
// line that the command may be about to read.
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

// setTaker passes keys to taker as they are typed; those for which it returns true are
// not queued. If taker is nil, all keys are queued.
func (k *keyboard) setTaker(taker func(key byte) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.taker = taker
}

// typedAhead reports whether keys are in the queue.
func (k *keyboard) typedAhead() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.queue) > 0
}

// during sets what Ctrl-C calls, until during is called with nil. A Ctrl-C that was
// typed ahead, right after the command, calls it at once.
func (k *keyboard) during(interrupt func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.interrupt = interrupt
	if interrupt == nil {
		k.queue = bytes.TrimPrefix(k.queue, []byte{keyInterrupt}) // it interrupted a command that read no line
		return
	}
	typedAhead := k.queue
	k.queue = nil
	k.add(typedAhead)
}

// Read implements io.Reader for x/term. It returns no more than the rest of a line.
func (k *keyboard) Read(p []byte) (int, error) {
	const (
		discardLine = "\x05\x15\r" // Ctrl-E: to the end; Ctrl-U: erase to the start; return
		special     = string(rune(keyBad)) + string(rune(keyInterrupt)) + string(rune(keyEnd)) + string(rune(keyReturn)) + string(rune(keySearch))
	)
	if len(p) < len(discardLine) {
		return 0, errors.New("lineedit: the terminal's buffer is full")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		if len(k.queue) == 0 && k.err == nil && !k.shown {
			k.shown = true
			p[0] = keyIdle
			return 1, nil
		}
		for len(k.queue) == 0 && k.err == nil {
			k.changed.Wait()
		}
		if len(k.queue) == 0 {
			return 0, k.err
		}
		k.shown = false
		if k.searching && k.queue[0] != keyBad {
			return k.readSearch(p), nil
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
			return copy(p, discardLine), nil
		case keySearch:
			k.searching = k.searchable
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

// readSearch is Read during a search: x/term must not handle Backspace itself, and
// every other key that is not text ends the search.
func (k *keyboard) readSearch(p []byte) (n int) {
	isText := func(key byte) bool { return key >= ' ' && !isBackspace(key) }
	n = 1
	switch key := k.queue[0]; {
	case key == keySearch, key == keyCancel:
		p[0] = key
		k.searching = key != keyCancel
	case isBackspace(key):
		p[0] = keyErase
	case isText(key):
		for n < min(len(k.queue), len(p)) && isText(k.queue[n]) {
			n++
		}
		copy(p, k.queue[:n])
	default:
		p[0] = keyAccept
		k.searching = false
		return n // the key itself is read next
	}
	k.take(n)
	return n
}

// take removes n keys from the queue.
func (k *keyboard) take(n int) {
	k.queue = k.queue[n:] // moving the rest would cost the queue's length for each byte of a flood
	k.changed.Broadcast()
}

// beginLine is called before each line, with whether Ctrl-R searches.
func (k *keyboard) beginLine(searchable bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.interrupted, k.bad = false, false
	k.searchable, k.searching, k.shown = searchable, false, true
}

// endLine is called after each line, and returns whether it was interrupted and
// whether it contained bytes that are not text.
func (k *keyboard) endLine() (interrupted, bad bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.interrupted, k.bad
}
