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
	complete := func(line string, pos int) (string, int, []string) { return line + "ow ", pos + 3, nil }
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

// Home, End, and words, in what several terminals send for them.
func TestKeys(t *testing.T) {
	for keys, want := range map[string]string{
		"bc\x1b[1~a\x1b[4~d":          "abcd",
		"bc\x1b[7~a\x1b[8~d":          "abcd",
		"bc\x1bOHa\x1bOFd":            "abcd",
		"show 2e4\x1bbx \x1bb\x1bb> ": "> show x 2e4",
		"a b c\x1b[H\x1bf_\x1b[1;5C_": "a _b _c",
		"show 2e4\x1b\x7f2e5":         "show 2e5",
	} {
		term := NewTerminal(io.Discard, Config{Prompt: prompt, Columns: width(80)})
		go term.Pump(strings.NewReader(keys+"\r"), func() bool { return true })
		if line, err := term.ReadLine(prompt); line != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", keys, line, err, want)
		}
	}
}

// Tab shows several candidates above the line. In a list it is only a tab.
func TestTab(t *testing.T) {
	var screen strings.Builder
	term := NewTerminal(&screen, Config{Prompt: prompt, Columns: width(80), Complete: func(line string, pos int) (string, int, []string) {
		return line + "e", pos + 1, []string{"REGISTER", "RETARGET"}
	}})
	go term.Pump(strings.NewReader("r\tg\r2e4\thttp://x/\r"), func() bool { return true })
	if line, err := term.ReadLine(prompt); line != "reg" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if !strings.Contains(screen.String(), "REGISTER  RETARGET\r\n==> r") {
		t.Errorf("%q", &screen)
	}
	if line, err := term.ReadLine(""); line != "2e4\thttp://x/" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}
