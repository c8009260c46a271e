package template

import (
	"fmt"
	"strings"
	"testing"

	"snomredirect/store"
)

// BenchmarkFill measures what each fetch of a phone costs: one allocation, the text.
func BenchmarkFill(b *testing.B) {
	line := `<user_realname idx="1" perm="&amp;">${name}</user_realname>` + "\n"
	same := `<setting_of_all_phones perm="&amp;">value</setting_of_all_phones>` + "\n"
	t, err := Parse([]byte("<settings><phone-settings>\n" + strings.Repeat(line, 10) + strings.Repeat(same, 100) + "</phone-settings></settings>\n"))
	if err != nil {
		b.Fatal(err)
	}
	values := map[string]string{"mac": "000413231234", "name": "Anna & Nowak"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.Fill(values, ""); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParse measures a template of 256 KiB with the most places.
func BenchmarkParse(b *testing.B) {
	text := []byte("<settings>" + strings.Repeat("<a>${a}</a>", maxPlaces) + strings.Repeat("<b/>", 30_000) + "</settings>")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseRows measures a phones.csv of 256 KiB with 10,000 rows.
func BenchmarkParseRows(b *testing.B) {
	text := []byte("mac,name,number\n")
	for i := 0; i < 10_000; i++ {
		text = fmt.Appendf(text, "00041323%04X,Ann,%d\n", i, 1000+i)
	}
	if len(text) > store.MaxFileSize {
		b.Fatal(len(text))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseRows(text); err != nil {
			b.Fatal(err)
		}
	}
}
