package settings

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// seed adds the files of the tests, whole and without their ends.
func seed(f *testing.F) {
	for _, text := range readFiles(f) {
		f.Add(text)
		f.Add(text[:2*len(text)/3])
	}
	f.Add([]byte("a$: 1\r\nb!:2\r\nc&: 3: 4 "))
	f.Add([]byte("a: <?xml version=\"1.0\"?>\n<b>\nc: <settings>\n"))
}

// roundTrip checks that a file, written and read again, is the same, and that each
// error is a *SyntaxError.
func roundTrip(t *testing.T, text string, f *File, err error) {
	var syntax *SyntaxError
	if err != nil {
		if !errors.As(err, &syntax) || f != nil {
			t.Fatalf("%q: %v, %v", text, f, err)
		}
		return
	}
	for part, entry := range All[Entry](f) {
		if at := entry.At(); at.Line < 1 || at.Column < 1 || at.Line < part.Line {
			t.Fatalf("%q: %+v in %+v", text, entry, part)
		}
	}
	written, err := f.AppendText(nil)
	if err != nil {
		if errors.Is(err, errLikeXML) && strings.Contains(text, "<") {
			return // it is XML without its remarks
		}
		t.Fatalf("%q: %v", text, err)
	}
	again, err := Read(written)
	if err != nil || !reflect.DeepEqual(withoutPlaces(f), withoutPlaces(again)) {
		t.Fatalf("%q:\n%s\nthen %q: %v", text, dump(f), written, err)
	}
}

func FuzzRead(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Read(text)
		roundTrip(t, string(text), file, err)
	})
}

func FuzzReadXML(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := readXML(text)
		roundTrip(t, string(text), file, err)
	})
}

func FuzzReadPlain(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := readPlain(string(text))
		roundTrip(t, string(text), file, err)
	})
}

// What is decoded is as long as before, in characters.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		decoded, encoding, header, err := decode(text)
		if err != nil || charsets[strings.ToLower(encoding)] == nil {
			if err == nil && decoded != string(text) {
				t.Fatalf("%q: %q", text, decoded)
			}
			return
		}
		if !header || utf8.RuneCountInString(decoded) != len(text) || !utf8.ValidString(decoded) {
			t.Fatalf("%q: %q", text, decoded)
		}
	})
}

// A warning before any file in XML is reported, and not taken for a setting.
func FuzzTextBeforeXML(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if file, err := Read(text); err != nil || file.Format != XML || bytes.HasPrefix(text, []byte("\uFEFF")) {
			return
		}
		for _, before := range []string{"Notice: x\n", "<br />\n<b>Warning</b>:  x<br />\n"} {
			if _, err := Read(append([]byte(before), text...)); err == nil || !strings.HasPrefix(err.Error(), "line 1, column 1: text before <?xml") {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

// A cursor finds the places that one finds by walking through the text.
func FuzzCursor(f *testing.F) {
	f.Add("a\nä\r\n\xffb", uint(3), uint(5), uint(1))
	f.Fuzz(func(t *testing.T, text string, a, b, c uint) {
		cursor := cursor{text: text}
		starts := []int{len(text)} // of characters
		for at := range text {
			starts = append(starts, at)
		}
		for _, n := range []uint{a, b, c} {
			offset := starts[n%uint(len(starts))]
			want := Pos{1, 1}
			for _, r := range text[:offset] {
				if want.Column++; r == '\n' {
					want = Pos{want.Line + 1, 1}
				}
			}
			if got := cursor.at(offset); got != want {
				t.Fatalf("%q: %v, want %v", text[:offset], got, want)
			}
		}
	})
}
