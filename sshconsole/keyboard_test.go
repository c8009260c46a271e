package sshconsole

import (
	"bytes"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFilter(t *testing.T) {
	for in, want := range map[string]string{
		"list\r":                   "list\r",
		"list\n":                   "list\r",
		"list\r\nbye\r\n":          "list\rbye\r",
		"a\n\nb":                   "a\r\rb",
		"größe":                    "größe",
		"a\xffb":                   "a\x00b",
		"a\xc3b\xc3\r":             "a\x00b\x00\r",
		"a\x00b":                   "a\x00b",
		"\x1b[A\x1b[3~":            "\x1b[A\x1b[3~",
		"\x1bOA":                   "\x1b[A",
		"\x1b[200~pasted\x1b[201~": "pasted",
		"a\x1b\r":                  "a\r",
		"\x03\x04":                 "\x03\x04",
		"\x1b[" + strings.Repeat("1", 99) + "~ok": "\x00ok",
		"\x1b12e4":                    "\x002e4", // Alt-1
		"\x1b.x\x1b x":                "\x00x\x00x",
		"\x1b]0;title\x07list":        "\x000;title\x07list",
		"\x1bP1$r0m":                  "\x001$r0m",
		"\x1b[I\x1b[Oa\x1b[<0;10;5Mb": "ab",          // focus, mouse
		"2e\x1b[31m4\x1b[2J":          "2e\x004\x00", // no keys send these
		"\x1b[1;5C\x1b[15~\x1bb":      "\x1b[1;5C\x1b[15~\x1bb",
		"\x1b[12\x1b[Bx":              "\x1b[Bx",
	} {
		var whole, bytewise filter
		if got := whole.add(nil, []byte(in)); string(got) != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		var got []byte
		for i := range len(in) {
			got = bytewise.add(got, []byte(in[i:i+1]))
		}
		if string(got) != want {
			t.Errorf("%q byte by byte: %q, want %q", in, got, want)
		}
	}
	var f filter
	if got := f.end(f.add(nil, []byte("list"))); string(got) != "list\r" {
		t.Errorf("a last line without an end: %q", got)
	}
	if got := f.end(f.add(nil, []byte("\r\n"))); string(got) != "\r" {
		t.Errorf("a last line with an end: %q", got)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add([]byte("\x1b\xffA"), 2)
	f.Add([]byte("list\r\n\x1b[A\x03"), 3)
	f.Add([]byte("gr\xc3\xb6\xffe\x1b[200~x\x1b[201~"), 1)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		var one, two filter
		whole := one.add(nil, in)
		cut = min(max(cut, 0), len(in))
		if parts := two.add(two.add(nil, in[:cut]), in[cut:]); !bytes.Equal(parts, whole) {
			t.Fatalf("%q: in one %q, cut at %d %q", in, whole, cut, parts)
		}
		if !utf8.Valid(whole) || bytes.ContainsAny(whole, "\n") || bytes.Contains(whole, []byte("\x1b[200~")) {
			t.Fatalf("%q makes %q", in, whole)
		}
		if len(one.held) > maxSequence+1 {
			t.Fatalf("%q: %d bytes are held", in, len(one.held))
		}
	})
}

// A client sends what no keyboard does, and x/term still gets every line.
func TestTerminalReadsLines(t *testing.T) {
	in := "shoq\x7fw 2e4\r\n" + // a correction
		"dropped\x03" +
		"\x1b[A\n" + // the line before, from the history
		"bad\xffbytes\r" +
		strings.Repeat("x", maxLine+1) + "\r" +
		strings.Repeat("y", maxLine) + "\r" +
		"\x1b[" + strings.Repeat("9", 10_000) + "m" +
		"\x1b[200~" + "pasted\x03more\r" +
		"one\x04\r" +
		"\x04" + "after the end\r" +
		"last"
	keys := newKeyboard()
	term := newTerminal(keys, io.Discard, width(80))
	go keys.pump(strings.NewReader(in), func() bool { return true })
	for _, want := range []struct {
		line string
		err  error
	}{
		{"show 2e4", nil},
		{"", errInterrupted},
		{"show 2e4", nil},
		{"", badLine("held bytes that are not text")},
		{"", errLineTooLong},
		{strings.Repeat("y", maxLine), nil},
		{"", errInterrupted},
		{"more", nil},
		{"one", nil},
		{"", io.EOF},
		{"after the end", nil},
		{"last", nil},
		{"", io.EOF},
		{"", io.EOF},
	} {
		line, err := term.ReadLine(prompt)
		if line != want.line || (err == nil) != (want.err == nil) || err != nil && err.Error() != want.err.Error() {
			t.Fatalf("line %.40q, %v; want %.40q, %v", line, err, want.line, want.err)
		}
	}
}

func width(columns int32) *atomic.Int32 {
	var w atomic.Int32
	w.Store(columns)
	return &w
}

func TestHistory(t *testing.T) {
	var h history
	for _, line := range []string{"a", "", "b", "b", "c"} {
		h.add(line)
	}
	if strings.Join(h, " ") != "c b a" {
		t.Errorf("%q", h)
	}
	for range 2 * maxHistory {
		h.add("x")
		h.add("y")
	}
	if len(h) != maxHistory {
		t.Errorf("%d lines are kept", len(h))
	}
}

// What is typed while a command runs is kept, up to a bound, and Ctrl-C ends the
// command and drops it.
func TestCtrlCEndsACommand(t *testing.T) {
	keys := newKeyboard()
	ended := make(chan struct{})
	keys.during(func() { close(ended) })
	r, w := io.Pipe()
	go keys.pump(r, func() bool { return true })
	w.Write([]byte("typed ahead\r"))
	w.Write([]byte("x\x03kept\r"))
	<-ended
	keys.during(nil)
	term := newTerminal(keys, io.Discard, width(80))
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
		if line, err := term.ReadLine(""); line != "" || err != errInterrupted {
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
