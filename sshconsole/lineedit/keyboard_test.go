package lineedit

import (
	"bytes"
	"io"
	"testing"
	"time"
)

// What is typed while a command runs is kept, within bounds. Ctrl-C interrupts the
// command and discards it.
func TestCtrlCInterruptsACommand(t *testing.T) {
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

	// Ctrl-C before the command reads a line, and (early) before it begins.
	for _, early := range []bool{false, true} {
		ended := make(chan struct{})
		begin := func() { keys.during(func() { close(ended) }) }
		if !early {
			begin()
		}
		w.Write([]byte("half a line\x03kept\r"))
		if early {
			for keys.queued() < len("half a line\x03kept\r") {
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
		t.Error("a client can send without bounds")
	}()
	for keys.queued() <= maxTypedAhead {
		time.Sleep(time.Millisecond)
	}
	keys.close()
	r.Close()
	<-flooded
}

// queued returns how many bytes are queued.
func (k *keyboard) queued() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.queue)
}

// A closed keyboard queues nothing, whatever the client sends.
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

// endless is a reader that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "x"), nil }

// BenchmarkFlood reads a line after as many bad bytes as can be typed ahead.
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
