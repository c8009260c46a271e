package lineedit

import (
	"bytes"
	"strings"
	"testing"
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
		"\x1b12e4":                     "\x002e4", // Alt-1
		"\x1b.x\x1b x":                 "\x00x\x00x",
		"\x1b]0;title\x07list":         "\x000;title\x07list",
		"\x1bP1$r0m":                   "\x001$r0m",
		"\x1b[I\x1b[Oa\x1b[<0;10;5Mb":  "ab",          // focus, mouse
		"2e\x1b[31m4\x1b[2J":           "2e\x004\x00", // not sent by keys
		"\x1b[1;3C\x1b[15~\x1bu":       "\x1b[1;3C\x1b[15~\x1bu",
		"\x1b[1~\x1b[7~\x1bOH\x1b[H":   "\x1b[H\x1b[H\x1b[H\x1b[H", // Home of PuTTY and tmux, rxvt, xterm
		"\x1b[4~\x1b[8~\x1bOF\x1b[F":   "\x1b[F\x1b[F\x1b[F\x1b[F",
		"\x1bb\x1b[1;5D\x1bf\x1b[1;5C": "\x1b[1;3D\x1b[1;3D\x1b[1;3C\x1b[1;3C",
		"a\x1b\x7fb\x1b\x08":           "a\x17b\x17",
		"\x1b[12\x1b[Bx":               "\x1b[Bx",
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
		t.Errorf("last line without an end: %q", got)
	}
	if got := f.end(f.add(nil, []byte("\r\n"))); string(got) != "\r" {
		t.Errorf("last line with an end: %q", got)
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
			t.Fatalf("%q: at once %q, cut at %d %q", in, whole, cut, parts)
		}
		if !utf8.Valid(whole) || bytes.ContainsAny(whole, "\n") || bytes.Contains(whole, []byte("\x1b[200~")) {
			t.Fatalf("%q becomes %q", in, whole)
		}
		if len(one.partial) > maxSequence+1 {
			t.Fatalf("%q: %d bytes are buffered", in, len(one.partial))
		}
	})
}
