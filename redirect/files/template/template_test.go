package template

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

const filesURL = "https://files.example.com/abc/"

func TestFill(t *testing.T) {
	values := map[string]string{"mac": "000413231234", "name": `Anna "A" <Nowak> & 'Co'`, "n": "201"}
	for text, want := range map[string]string{
		"name!: ${name}\nn: ${n}\n":                     "name!: Anna \"A\" <Nowak> & 'Co'\nn: 201\n",
		`<settings a="${name}">${name}{mac}</settings>`: `<settings a="Anna &quot;A&quot; &lt;Nowak&gt; &amp; &apos;Co&apos;">Anna &quot;A&quot; &lt;Nowak&gt; &amp; &apos;Co&apos;{mac}</settings>`,
		"\uFEFF<?xml version=\"1.0\"?><a>${name}</a>":   "\uFEFF<?xml version=\"1.0\"?><a>Anna &quot;A&quot; &lt;Nowak&gt; &amp; &apos;Co&apos;</a>",
		"<html>${name}":              "<html>Anna \"A\" <Nowak> & 'Co'",
		"a: $${name} ${mac} $ {n} $": "a: ${name} 000413231234 $ {n} $",
		"u: ${files}360/{mac}.xml":   "u: " + filesURL + "360/{mac}.xml",
		"":                           "",
		"$$${n}":                     "$${n}",
		"${n}${n}":                   "201201",
	} {
		template, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		got, err := template.Fill(values, filesURL)
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestColumns(t *testing.T) {
	template, err := Parse([]byte("${b}${files}${a}${b}$${c}"))
	if err != nil || !slices.Equal(template.Columns(), []string{"a", "b"}) || !template.OfPhone() || !template.UsesFiles() {
		t.Errorf("%v, %v", template, err)
	}
	template, err = Parse([]byte("${files}"))
	if err != nil || template.OfPhone() || !template.UsesFiles() {
		t.Errorf("%v, %v", template, err)
	}
	if _, err := template.Fill(nil, filesURL); err != nil {
		t.Error(err)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string][2]int{
		"${": {1, 1}, "a\n é${Name}": {2, 3}, "${a b}": {1, 1}, "${}": {1, 1}, "${1}": {1, 1}, "x${a${b}": {1, 2}, "${" + strings.Repeat("a", 65) + "}": {1, 1}, "${a\n}": {1, 1},
	} {
		_, err := Parse([]byte(text))
		var wrong *SyntaxError
		if !errors.As(err, &wrong) || wrong.Line != want[0] || wrong.Column != want[1] {
			t.Errorf("%q: %+v, want line and column %v", text, err, want)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	template, err := Parse([]byte("${a}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := template.Fill(map[string]string{"b": ""}, filesURL); !errors.Is(err, ErrMissing) {
		t.Errorf("%v, want ErrMissing", err)
	}
	template, err = Parse(bytes.Repeat([]byte("${a}"), 60_000)) // 240 KB
	if err != nil {
		t.Fatal(err)
	}
	if _, err := template.Fill(map[string]string{"a": strings.Repeat("x", 1000)}, filesURL); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

func TestParseRows(t *testing.T) {
	rows, err := ParseRows([]byte("\uFEFFmac, name\r\n00:04:13:23:12:34,\"Nowak, \"\"Anna\"\"\"\r\n\r\n000413231235,\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := macaddr.MustParse("000413231234"), macaddr.MustParse("000413231235")
	if len(rows.Values) != 2 || rows.Values[a]["name"] != `Nowak, "Anna"` || rows.Values[a]["mac"] != "000413231234" || rows.Lines[b] != 4 || !rows.Has("name") || rows.Has("x") {
		t.Errorf("%+v", rows)
	}
	if v, ok := rows.Values[b]["name"]; !ok || v != "" {
		t.Error("an empty value is one")
	}
}

func TestParseRowsRefuses(t *testing.T) {
	const ok = "000413231234,a\n"
	for text, want := range map[string]string{
		"":                                         "empty",
		"name\na\n":                                "no column mac",
		"mac,Name\n":                               "lower-case",
		"mac,name,name\n":                          "twice",
		"mac,files\n":                              "the URL of your files",
		"mac,name\nx,a\n":                          "the MAC",
		"mac,name\n" + ok + ok:                     "line 2 has too",
		"mac,name\n000413231234\n":                 "another number of values",
		"mac,name\n000413231234,\"a\nb\"\n":        "control character",
		"mac,name\n000413231234,a\x00\n":           "control character",
		"mac,name\n000413231234,a\"b\n":            "broken CSV",
		"mac,name\n000413231234,\xff\n":            "UTF-8",
		"mac," + strings.Repeat("a,", 100) + "b\n": "columns",
	} {
		_, err := ParseRows([]byte(text))
		var wrong *SyntaxError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Text, want) || wrong.Line == 0 {
			t.Errorf("%q: %+v, want %q", text, err, want)
		}
	}
}

// FuzzParse checks that a text with nothing to fill in stays as it is, and that values
// are never taken for parts of the template.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "${a}", "$${a}", "<a>${a}</a>", "$$", "${files}"} {
		f.Add([]byte(seed), "v")
	}
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		template, err := Parse(text)
		if err != nil {
			return
		}
		values := map[string]string{}
		for _, c := range template.Columns() {
			values[c] = value
		}
		filled, err := template.Fill(values, filesURL)
		if err != nil {
			if !errors.Is(err, ErrTooLarge) {
				t.Error(err)
			}
			return
		}
		if len(filled) > store.MaxFileSize {
			t.Errorf("%d bytes", len(filled))
		}
		if !bytes.Contains(text, []byte("${")) && !bytes.Equal(filled, text) {
			t.Errorf("%q became %q", text, filled)
		}
	})
}

func FuzzParseRows(f *testing.F) {
	f.Add([]byte("mac,name\n000413231234,a\n"))
	f.Add([]byte("\xff\xfem\x00a\x00c\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := ParseRows(text)
		if err != nil {
			if wrong := new(SyntaxError); !errors.As(err, &wrong) || wrong.Text == "" {
				t.Errorf("%v", err)
			}
			return
		}
		for mac, values := range rows.Values {
			if len(values) != len(rows.Columns) || values["mac"] != mac.String() {
				t.Errorf("%v: %v", mac, values)
			}
		}
	})
}

func BenchmarkFill(b *testing.B) {
	text := "<settings><phone-settings>" + strings.Repeat(`<user_realname idx="1" perm="&amp;">${name}</user_realname>`, 300) + "</phone-settings></settings>"
	template, err := Parse([]byte(text))
	if err != nil {
		b.Fatal(err)
	}
	values := map[string]string{"name": "Anna Nowak"}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Fill(values, filesURL); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseRows(b *testing.B) {
	var csv strings.Builder
	csv.WriteString("mac,name,number\n")
	for n := 0; csv.Len() < store.MaxFileSize-64; n++ {
		fmt.Fprintf(&csv, "000413%06X,Anna,201\n", n)
	}
	text := []byte(csv.String())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseRows(text); err != nil {
			b.Fatal(err)
		}
	}
}
