package phonelist

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// readLines reads all lines; that of an error is "! " and the error.
func readLines(t *testing.T, r io.Reader) (lines []string, whole bool) {
	t.Helper()
	for l := NewLines(r); ; {
		line, end, err := l.Next()
		bad := (*Error)(nil)
		switch {
		case err == io.EOF:
			return lines, whole
		case errors.As(err, &bad):
			line = "! " + err.Error()
		case err != nil:
			t.Fatal(err)
		}
		lines, whole = append(lines, line), end
	}
}

func TestEncodings(t *testing.T) {
	const list = "Name;MAC;URL;Straße\r\nMüller;000413220A06;;Königsallee 1\r\n\r\nA;000413220A07;http://x.example/;Ring\r\n"
	want := []string{"Name;MAC;URL;Straße", "Müller;000413220A06;;Königsallee 1", "", "A;000413220A07;http://x.example/;Ring"}
	for name, e := range map[string]encoding.Encoding{
		"UTF-8":        encoding.Nop,
		"UTF-8 BOM":    unicode.UTF8BOM,
		"Windows-1252": charmap.Windows1252,
		"UTF-16LE BOM": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16BE BOM": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	} {
		text, err := e.NewEncoder().String(list)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			got, whole := readLines(t, r)
			if !slices.Equal(got, want) || !whole {
				t.Errorf("%s: %q, %v", name, got, whole)
			}
			if got := readList(false, strings.Join(got, "\n")); !slices.Equal(got, []string{"000413220A06,", "000413220A07,http://x.example/"}) {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    nil,
		"\uFEFF":              nil,
		"\xFF\xFE":            nil,
		"a\n\xFCb\r\nö\n":     {"a", "üb", "ö"}, // only the line that is not UTF-8
		"\uFEFF\uFEFFa\nb\n":  {"\uFEFFa", "b"},
		"a\x00\x1b\nb\n":      {"a\x00\x1b", "b"},
		"x\n\xFF\xFEa\x00\n":  {"x", "ÿþa\x00"}, // not at the beginning
		"\xFE\xFF\x00a\x00\n": {"a"},
		strings.Repeat("x", MaxRecord) + "\r\nb\n":            {strings.Repeat("x", MaxRecord), "b"},
		strings.Repeat("x", 3*MaxRecord) + "\nb\n":            {"! it is longer than 4096 bytes.", "b"},
		"\xFF\xFE" + strings.Repeat("x\x00", 9000) + "\n\x00": {"! it is longer than 4096 bytes."},
	} {
		if got, _ := readLines(t, strings.NewReader(text)); !slices.Equal(got, want) {
			t.Errorf("%.40q: %.80q, want %.80q", text, got, want)
		}
	}
	if got, whole := readLines(t, strings.NewReader("a\nb")); len(got) != 2 || whole {
		t.Errorf("%q, %v", got, whole)
	}
	if _, _, err := NewLines(iotest.ErrReader(io.ErrClosedPipe)).Next(); err != io.ErrClosedPipe {
		t.Error(err)
	}
}

// Only the columns that are used are judged.
func TestControlCharacters(t *testing.T) {
	const a = "000413220A06"
	for list, want := range map[string][]string{
		"MAC;Note\n" + a + ";x\x00\x1b[2J":      {a + ","},
		"MAC;Note\n" + a + "\x1b;x":             {"! it contains a control character."},
		a + "\n" + a + ";http://x.example/\x7f": {a + ",", "! it contains a control character."},
		"M\x00A\x00C\x00\n":                     {"!! it contains a NUL"},
	} {
		got := readList(false, list)
		if len(got) != len(want) || !strings.HasPrefix(got[len(got)-1], want[len(want)-1]) {
			t.Errorf("%q: %q", list, got)
		}
	}
}

// A line that can't be read ends a quoted column.
func TestSkip(t *testing.T) {
	var l Reader
	for _, line := range []string{"MAC;Note", "000413220A06;\"open"} {
		if _, ok, err := l.Line(line); ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if l.Skip(); l.Lines() != 2 || l.End() != nil {
		t.Error(l.Lines())
	}
	if p, ok, err := l.Line("000413220A07"); !ok || err != nil || l.Lines() != 1 {
		t.Error(p, ok, err)
	}
	if l.Skip(); l.Lines() != 1 {
		t.Error(l.Lines())
	}
}

// Lines are UTF-8 and bounded, and read the same in pieces.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\uFEFFa\n", "\xFF\xFEa\x00\n\x00", "\xFCb\n", "\xFE\xFF\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines, whole := readLines(t, strings.NewReader(text))
		again, wholeAgain := readLines(t, iotest.OneByteReader(strings.NewReader(text)))
		if !slices.Equal(lines, again) || whole != wholeAgain {
			t.Errorf("%q: %q, in pieces %q", text, lines, again)
		}
		for _, line := range lines {
			if !utf8.ValidString(line) || strings.Contains(line, "\n") || len(line) > 3*(MaxRecord+2) {
				t.Errorf("%q: %q", text, line)
			}
		}
	})
}
