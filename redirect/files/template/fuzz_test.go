package template

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// FuzzTemplate tests that a value changes nothing but itself: neither the tags nor the
// attributes of XML, nor the lines of the plain form.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"a: ${b}\n$${c}", "<settings><a b='${b}' c=\"${b}\">${b}</a><!-- ${b} --><![CDATA[x]]></settings>",
		"<?xml version='1.0'?><settings a='>'><a b='\"'>${files}</a></settings>", "<settings><a>${b}",
	} {
		f.Add([]byte(text), `"'<>&--]]>?>`)
		f.Add([]byte(text), "<?xml ?><settings/>")
	}
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		parsed, err := Parse(text)
		if err != nil {
			if wrong := (*Error)(nil); !errors.As(err, &wrong) || wrong.Line == 0 || wrong.Column == 0 {
				t.Fatal(err)
			}
			return
		}
		if wrongValue(value) != "" {
			return
		}
		fill := func(value string) ([]byte, error) {
			values := map[string]string{}
			for _, column := range parsed.Columns() {
				values[column] = value
			}
			return parsed.Fill(values, value)
		}
		plain, err := fill("x")
		if err != nil {
			return
		}
		hostile, err := fill(value)
		if err != nil {
			return
		}
		if len(hostile) > store.MaxFileSize {
			t.Fatal(len(hostile))
		}
		if settings.IsXML(plain) != settings.IsXML(hostile) {
			t.Fatalf("another form: %q", hostile)
		}
		if !settings.IsXML(plain) {
			if lines := strings.Count(string(hostile), "\n"); lines != strings.Count(string(plain), "\n") {
				t.Fatalf("another line: %q", hostile)
			}
			return
		}
		if _, err := settings.Read(plain); err != nil {
			return // no phone reads it
		}
		if want, got := structure(t, plain), structure(t, hostile); got != want {
			t.Fatalf("%q is %s, and with x %s", hostile, got, want)
		}
	})
}

// structure returns the tags and attributes of XML.
func structure(t *testing.T, text []byte) string {
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(text), "\uFEFF")))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			b.WriteString("<" + token.Name.Space + ":" + token.Name.Local)
			for _, a := range token.Attr {
				b.WriteString(" " + a.Name.Space + ":" + a.Name.Local)
			}
		case xml.EndElement:
			b.WriteString(">")
		case xml.Comment:
			b.WriteString("!")
		}
	}
}

// FuzzRows tests that rows have the same columns, and values that fit into one line.
func FuzzRows(f *testing.F) {
	for _, text := range []string{"mac,a\n000413231234,b\n", "\uFEFFa,mac\r\n\"b\"\"\",00:04:13:23:12:34\r\n", "\xff\xfem\x00a\x00c\x00", "mac,files", "mac,mac", "mac\n\"\n\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := ParseRows(text)
		if err != nil {
			if wrong := (*Error)(nil); !errors.As(err, &wrong) {
				t.Fatal(err)
			}
			return
		}
		for mac, row := range rows {
			if row[Mac] != mac.String() {
				t.Fatalf("%v: %q", mac, row)
			}
			for column, value := range row {
				if !columnName.MatchString(column) || column == Files || strings.ContainsAny(value, "\x00\r\n") {
					t.Fatalf("%q: %q", column, value)
				}
			}
		}
	})
}
