package phonelist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// readList parses a list. Each line becomes mac,url, or "! " and the error.
func readList(text string) (got []string) {
	var l Reader
	for line := range strings.SplitSeq(text, "\n") {
		switch p, ok, err := l.Line(strings.TrimSuffix(line, "\r")); {
		case err != nil:
			got = append(got, "! "+err.Error())
		case ok:
			got = append(got, p.MAC.String()+","+p.URL)
		}
	}
	return got
}

func TestLists(t *testing.T) {
	const x, y = "http://x.example/", "http://y.example/a,b#c"
	for _, c := range []struct {
		name, list string
		want       []string
	}{
		{"macs", "2e4\n00:04:13:22:02:e5\r\n 0004132202E6 ", []string{"0004132202E4,", "0004132202E5,", "0004132202E6,"}},
		{"mac,url", "2e4," + x + "\n2e5,\n2e6 , " + x, []string{"0004132202E4," + x, "0004132202E5,", "0004132202E6," + x}},
		{"remarks and blank lines", "# all\n\n  \t\n2e4 # lobby\n2e5," + x + "#top # roof\n#2e6", []string{"0004132202E4,", "0004132202E5," + x + "#top"}},
		{"quotes", `"2e4","` + y + `"` + "\n" + `2e5, "` + y + `"`, []string{"0004132202E4," + y, "0004132202E5," + y}},
		{"header", "mac,url\n2e4," + x, []string{"0004132202E4," + x}},
		{"header of other columns", "Place,URL,MAC\nlobby," + x + ",2e4\nroof,,2e5", []string{"0004132202E4," + x, "0004132202E5,"}},
		{"header without url", "place;mac\nlobby;2e4", []string{"0004132202E4,"}},
		{"header of one column", "MAC\n2e4", []string{"0004132202E4,"}},
		{"a spreadsheet's", "\uFEFF\"mac\";\"url\"\r\n\"2e4\";\"" + x + "\"", []string{"0004132202E4," + x}},
		{"tabs", "mac\turl\n2e4\t" + x, []string{"0004132202E4," + x}},
		{"a MAC that looks like a word", "fade,\nmac,url", []string{"00041322FADE,", `! "mac": expected twelve hex digits`}},
		{"a mistyped first line is no header", "2eg\n2e4", []string{`! "2eg": expected twelve hex digits`, "0004132202E4,"}},
		{"short rows", "place,mac\nlobby\nroof,2e4", []string{"! expected a MAC in column 2.", "0004132202E4,"}},
		{"long rows", "2e4," + x + ",y\n2e5", []string{"! expected mac or mac,url; a URL that contains a comma", "0004132202E5,"}},
		{"rows longer than their header", "mac,url\n2e4," + x + ",y", []string{"! expected 2 columns as in the header, not 3."}},
		{"bad quotes", `"2e4` + "\n" + `2e"5` + "\n2e6", []string{"! expected CSV", "! expected CSV", "0004132202E6,"}},
		{"a header with digits", "mac,url,line1\n2e4,,x", []string{"0004132202E4,"}},
		{"remarks in columns", "mac,place,url\n2e4,Room #12," + x + "\n#2e5,\n2e6,\"Room # 12\",", []string{"0004132202E4," + x, "0004132202E6,"}},
		{"an empty first column", "url\tmac\n\t2e4", []string{"0004132202E4,"}},
		{"a tab before a remark", "2e4\t# x\n2e5," + x, []string{"0004132202E4,", "0004132202E5," + x}},
		{"a separator that comes late", "2e4\n2e5;" + x, []string{"0004132202E4,", "0004132202E5," + x}},
		{"no mac", "phone,place", []string{"! expected a column named mac in the header"}},
		{"only url", "url", []string{"! expected a column named mac in the header"}},
	} {
		got := readList(c.list)
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] && !(c.want[i][0] == '!' && strings.HasPrefix(got[i], c.want[i])) {
				t.Errorf("%s: %q, want %q", c.name, got[i], c.want[i])
			}
		}
	}
}

// Errors are of the documented types, and a phone that EXPORT writes is parsed as
// the same phone.
func FuzzList(f *testing.F) {
	for _, s := range []string{"2e4\n", "mac;url\r\n2e4;http://x.example/\r\n", "\"2e4\",\"http://x.example/a,b\"\n# x\n", "a,b,mac\n1,2,2e4 # x", "\uFEFFmac"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var l Reader
		for line := range strings.SplitSeq(text, "\n") {
			p, ok, err := l.Line(line)
			var bad *Error
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("%q: %v is not an Error", line, err)
			}
			url, parseErr := store.ParseURL(p.URL)
			if !ok || p.URL != "" && parseErr != nil {
				continue
			}
			var exported bytes.Buffer
			w := csv.NewWriter(&exported)
			_ = w.Write([]string{p.MAC.String(), url.String()})
			w.Flush()
			var again Reader
			if q, ok, err := again.Line(strings.TrimSuffix(exported.String(), "\n")); err != nil || !ok || q != (Phone{p.MAC, url.String()}) {
				t.Errorf("%q is %+v, exported as %q, parsed as %+v, %v", line, p, exported.String(), q, err)
			}
		}
	})
}

func BenchmarkListLine(b *testing.B) {
	var l Reader
	want := macaddr.MustParse("0004132202E4")
	for b.Loop() {
		if p, ok, err := l.Line("0004132202E4,http://prov.example.com/snom.php?mac={mac}"); !ok || err != nil || p.MAC != want {
			b.Fatal(p, ok, err)
		}
	}
}
