package lineedit

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
)

const prompt = "==> "

// Lines are read whole after bytes that no keyboard sends.
func TestTerminalReadsLines(t *testing.T) {
	in := "shoq\x7fw 2e4\r\n" + // a correction
		"discarded\x03" +
		"\x1b[A\n" + // the line before, from the history
		"bad\xffbytes\r" +
		strings.Repeat("x", MaxLine+1) + "\r" +
		strings.Repeat("y", MaxLine) + "\r" +
		"\x1b[" + strings.Repeat("9", 10_000) + "m" +
		"\x1b[200~" + "pasted\x03more\r" +
		"one\x04\r" +
		"\x04" + "after the end\r" +
		"last"
	term := NewTerminal(io.Discard, Config{Prompt: prompt, Columns: width(80)})
	go term.Pump(strings.NewReader(in), func() bool { return true })
	for _, want := range []struct {
		line string
		err  error
	}{
		{"show 2e4", nil},
		{"", ErrInterrupted},
		{"show 2e4", nil},
		{"", &Error{"contains bytes that are not text"}},
		{"", errTooLong},
		{strings.Repeat("y", MaxLine), nil},
		{"", ErrInterrupted},
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

// Pasted cells stay separated, except in a command.
func TestTabs(t *testing.T) {
	in := "sh\ta\r" + "sh\ta\r" + "\ta\x1b[D\tb\r" + strings.Repeat("y", MaxLine) + "\t\r" + strings.Repeat("\t", MaxLine) + "\r"
	complete := func(line string, pos int) (string, int) { return line + "ow ", pos + 3 }
	term := NewTerminal(io.Discard, Config{Prompt: prompt, Columns: width(80), Complete: complete})
	go term.Pump(strings.NewReader(in), func() bool { return true })
	if line, err := term.ReadLine(prompt); line != "show a" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	for _, want := range []string{"sh\ta", "\t\tba"} {
		if line, err := term.ReadLine(""); line != want || err != nil {
			t.Fatalf("%q, %v; want %q", line, err, want)
		}
	}
	if line, err := term.ReadLine(""); err != errTooLong {
		t.Fatalf("%.40q, %v", line, err)
	}
	if line, err := term.ReadLine(""); line != strings.Repeat("\t", MaxLine) || err != nil {
		t.Fatalf("%.40q, %v", line, err)
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
