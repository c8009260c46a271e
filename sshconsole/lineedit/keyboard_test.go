package lineedit

import (
	"bytes"
	"io"
	"testing"
	"time"
)

// What is typed while a command runs is kept, up to a bound, and Ctrl-C ends the
// command and drops it.
func TestCtrlCEndsACommand(t *testing.T) {
	term := NewTerminal(io.Discard, Config{Prompt: prompt, Columns: width(80)})
	keys := term.keys
	ended := make(chan struct{})
	keys.during(func() { close(ended) })
	r, w := io.Pipe()
	go keys.pump(r, func() bool { return true })
	w.Write([]byte("typed ahead\r"))
	w.Write([]byte("x\x03kept\r"))
	<-ended
	keys.during(nil)
	if line, err := term.ReadLine(prompt); line != "kept" || err != nil {
		t.Errorf("%q, %v", line, err)
	}

	// Before the command has begun to read a line, and before it has begun.
	for _, early := range []bool{false, true} {
		ended := make(chan struct{})
		begin := func() { keys.during(func() { close(ended) }) }
		if !early {
			begin()
		}
		w.Write([]byte("half a line\x03kept\r"))
		if early {
			for keys.waiting() < len("half a line\x03kept\r") {
				time.Sleep(time.Millisecond)
			}
			begin()
		}
		<-ended
		if line, err := term.ReadLine(""); line != "" || err != ErrInterrupted {
			t.Errorf("early %v: %q, %v", early, line, err)
		}
		keys.during(nil)
		if line, err := term.ReadLine(prompt); line != "kept" || err != nil {
			t.Errorf("early %v: %q, %v", early, line, err)
		}
	}

	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		chunk := bytes.Repeat([]byte("x"), 1024)
		for range maxTypedAhead/len(chunk) + 100 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
		t.Error("a client could send without end")
	}()
	for keys.waiting() <= maxTypedAhead {
		time.Sleep(time.Millisecond)
	}
	keys.close()
	r.Close()
	<-flooded
}

// waiting returns how many bytes are queued.
func (k *keyboard) waiting() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.queue)
}

// A keyboard that is closed queues nothing more, whatever a client sends on.
func TestClosedKeyboard(t *testing.T) {
	keys := newKeyboard()
	keys.close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		keys.pump(endless{}, func() bool { return true })
	}()
	<-done
	if len(keys.queue) > 0 {
		t.Errorf("%d bytes are queued", len(keys.queue))
	}
}

// endless is a client that never stops sending.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "x"), nil }

// What it costs to read past as much as may be typed ahead, all of it no text.
func BenchmarkFlood(b *testing.B) {
	flood := append(bytes.Repeat([]byte{keyBad}, maxTypedAhead), keyReturn)
	line := make([]byte, 256)
	for b.Loop() {
		k := newKeyboard()
		k.add(flood)
		if n, err := k.Read(line); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}
}
