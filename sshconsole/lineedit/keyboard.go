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
	keyEscape    = 0x1B
	keyReturn    = '\r'
)

// maxTypedAhead bounds what a client can type ahead, in bytes, while a command
// runs. A client that sends more waits.
const maxTypedAhead = 64 << 10

// A keyboard is a queue of keys between a client and x/term, which takes Ctrl-C
// for the end of input, fails on bytes that are not text, and buffers escape
// sequences without a limit. It keeps reading while a command runs, so that
// Ctrl-C can end the command.
type keyboard struct {
	mu        sync.Mutex
	changed   *sync.Cond
	queue     []byte
	err       error               // why no more keys will come
	interrupt func()              // ends the running command, or nil
	taker     func(key byte) bool // takes keys before they are queued, or nil

	// What happened to the current line, or the last one.
	interrupted, bad bool
}

func newKeyboard() *keyboard {
	k := &keyboard{}
	k.changed = sync.NewCond(&k.mu)
	return k
}

// pump fills the queue from r until r ends or the keyboard is closed. A last line
// without an end counts if connected reports that the client still is.
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
		return 0, errors.New("lineedit: the terminal's buffer is full")
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
