package phonelist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// readList parses a list. Each line becomes mac,url, or "! " and the error, or "!! "
// and the error that ends the list.
func readList(short bool, text string) (got []string) {
	l := Reader{Short: short}
	report := func(err error) bool {
		bad := (*Error)(nil)
		if errors.As(err, &bad) && bad.List {
			got = append(got, "!! "+err.Error())
			return false
		}
		got = append(got, "! "+err.Error())
		return true
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch p, ok, err := l.Line(strings.TrimSuffix(line, "\r")); {
		case err != nil:
			if !report(err) {
				return got
			}
		case ok:
			got = append(got, p.MAC.String()+","+p.URL)
		}
	}
	if err := l.End(); err != nil {
		report(err)
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
		{"a spreadsheet's", "\"mac\";\"url\"\r\n\"2e4\";\"" + x + "\"", []string{"0004132202E4," + x}},
		{"tabs", "mac\turl\n2e4\t" + x, []string{"0004132202E4," + x}},
		{"a MAC that looks like a word", "fade,\nmac,url", []string{"00041322FADE,", `! "mac": expected twelve hex digits`}},
		{"a mistyped first line is no header", "2eg\n2e4", []string{`!! "2eg": expected twelve hex digits`}},
		{"a quote that swallows phones", "mac;name;url\n000413220001;\"Hall;http://a/\n000413220002;x;http://b/\n000413220003;y\";http://c/", []string{"! a double quote opens a column that goes on over the phones"}},
		{"a quote after another blank", "mac;name;url\n000413220001;\u00a0\"Lobby\" hall;http://a/", []string{"! expected CSV"}},
		{"a quote after a tab and a blank", "000413220001\thttp://a/\t \"x\n000413220002\thttp://b/\ty\"", []string{"!! a double quote opens a column that goes on over the phones"}},
		{"a remark within quotes", "000413220001,\"http://x/ #y\"\n000413220002", []string{"000413220001,http://x/ #y", "000413220002,"}},
		{"a URL with {mac} is no header", "2eg,http://x.example/{mac}\n2e4", []string{`!! "2eg": expected twelve hex digits`}},
		{"short rows", "place,mac\nlobby\nroof,2e4", []string{"! expected a MAC in column 2.", "0004132202E4,"}},
		{"long rows", "2e5\n2e4," + x + ",y", []string{"0004132202E5,", "! expected mac or mac,url; a URL that contains a comma"}},
		{"rows longer than their header", "mac,url\n2e4," + x + ",y", []string{"! expected 2 columns as in the header, not 3."}},
		{"bad quotes", "2e3\n" + `"2e4` + "\n" + `2e"5` + "\n2e6", []string{"0004132202E3,", "! expected CSV", "0004132202E6,"}},
		{"a header with digits", "mac,url,line1\n2e4,,x", []string{"0004132202E4,"}},
		{"remarks in columns", "mac,place,url\n2e4,Room #12," + x + "\n#2e5,\n2e6,\"Room # 12\",", []string{"0004132202E4," + x, "0004132202E6,"}},
		{"an empty first column", "url\tmac\n\t2e4", []string{"0004132202E4,"}},
		{"a tab before a remark", "2e4\t# x\n2e5," + x, []string{"0004132202E4,", "0004132202E5," + x}},
		{"a separator that comes late", "2e4\n2e5;" + x, []string{"0004132202E4,", "0004132202E5," + x}},
		{"no mac", "phone,place", []string{"!! expected a column named mac in the header"}},
		{"only url", "url", []string{"!! expected a column named mac in the header"}},
	} {
		got := readList(true, c.list)
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

// In a list only twelve digits are MACs: extensions and what spreadsheets make of
// MACs look like shorter ones.
func TestTwelveDigits(t *testing.T) {
	const good = "000413220A06"
	for _, word := range []string{"204", "2e4", "413229", "4.13E+08", "41322", "413220A06", "0413220A06"} {
		got := readList(false, good+"\n"+word)
		if len(got) != 2 || got[0] != good+"," || !strings.HasPrefix(got[1], "! ") || !strings.Contains(got[1], "expected twelve hex digits") || !strings.Contains(got[1], "--short") {
			t.Errorf("%q: %q", word, got)
		}
		if got := readList(false, word+"\n"+good); len(got) != 1 || !strings.HasPrefix(got[0], "!! ") {
			t.Errorf("%q first: %q", word, got)
		}
	}
	if got := readList(false, "mac;url\n413229000000"); len(got) != 1 || !strings.Contains(got[0], "a group address") {
		t.Errorf("%q", got)
	}
}

// Headers and rows as tools write them.
func TestTables(t *testing.T) {
	const a, b, x = "000413220A06", "000413220A07", "http://x.example/"
	both := []string{a + "," + x, b + ","}
	for name, list := range map[string]string{
		"MAC Address":            "MAC Address;URL\n" + a + ";" + x + "\n" + b,
		"mac_address":            "mac_address,Setting Server\n" + a + "," + x + "\n" + b + ",",
		"MAC-Adresse":            "MAC-Adresse;Standort;Setting-URL\n" + a + ";Köln;" + x + "\n" + b + ";Bonn",
		"macAddress":             "phoneId,macAddress,provisioning_url\n1," + a + "," + x + "\n2," + b + ",",
		"words around":           "Phone MAC;Provisioning Server URL\n" + a + ";" + x + "\n" + b + ";",
		"the separator":          "sep=;\r\nMAC;URL\r\n" + a + ";" + x + "\r\n" + b + ";\r\n",
		"the separator, phones":  "SEP=\t\n" + a + "\t" + x + "\n" + b,
		"formulas":               "MAC;URL\n=\"" + a + "\";=\"" + x + "\"\n=\"" + b + "\";",
		"quoted formulas":        "MAC,URL\n\"=\"\"" + a + "\"\"\",\"" + x + "\"\n" + b,
		"formulas first":         "=\"" + a + "\";" + x + "\n=\"" + b + "\";",
		"padded":                 "MAC;URL;;;\n" + a + ";" + x + ";;;;;\n;;;;\n" + b + ";;;\n;;",
		"padded phones":          a + ";" + x + ";;;\n" + b + ";;;\n;;;",
		"line breaks":            "MAC;Note;URL\n" + a + ";\"1st floor\n\nleft;\"\"A\"\"\";" + x + "\n" + b + ";\"\n\";",
		"a line break in names":  "\"MAC\nAddress\";URL\n" + a + ";" + x + "\n" + b,
		"inches":                 "MAC;Rack;URL\n" + a + ";19\" left;" + x + "\n" + b + ";19\"",
		"a remark in names":      "MAC;Room # or desk;URL\n" + a + ";1;" + x + "\n" + b + ";# 2;",
		"commas in names":        "Name, first name;MAC;URL\nA, B;" + a + ";" + x + "\nC;" + b + ";",
		"tabs and an empty cell": "Name\tMAC\tURL\n\t" + a + "\t\"" + x + "\"\n\t" + b + "\t",
	} {
		if got := readList(false, list); !slices.Equal(got, both) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for list, want := range map[string]string{
		"MAC;Setting Server;URL\n" + a:            `!! the columns "Setting Server" and "URL" can both be the URL`,
		"MAC;MAC-Adresse\n" + a:                   `!! the columns "MAC" and "MAC-Adresse" can both be the MAC`,
		"MAC;Standort;Boot\n" + a + ";Köln;" + x:  "!! column 3 has a URL, and the header doesn't name it url",
		"MAC;URL;Boot\n" + a + ";;" + x:           "!! column 3 has a URL",
		"Telefon;Standort\n" + a + ";Köln":        "!! expected a column named mac in the header, and one named url if phones have setting servers of their own. Known names are mac, mac address",
		"Telefon1;Standort\n" + a + ";Köln":       `!! "Telefon1": expected twelve hex digits`,
		"MAC;Note;note\n" + a:                     `!! the columns "Note" and "note" can both be the note`,
		"MAC\n" + a + "x":                         `! "` + a + `x": expected twelve`,
		a + " mac;url\n":                          `!! "` + a + ` mac": expected twelve`,
		"sep=;\n" + a + ",x":                      `!! "` + a + `,x": expected twelve`,
		"MAC;Note\n" + a + ";\"open\n" + b + "\n": "! expected CSV: the double quote that opens a column is not closed.",
	} {
		if got := readList(false, list); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}

// A quote that is never closed costs a bounded number of lines and of bytes.
func TestOpenQuote(t *testing.T) {
	const line = "000413220A06;x\n"
	got := readList(false, "MAC;Note\n"+line+"000413220A07;\"open\n"+strings.Repeat(line, MaxRecord))
	bad := slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "! ") })
	if lost := MaxRecord + 1 - len(got); bad != 1 || lost > MaxRecord/len(line)+1 || !strings.Contains(got[bad], "not closed within 4096 bytes") {
		t.Errorf("%d lines, the error is %d: %q", len(got), bad, got[:2])
	}
}

// A column for notes counts for each line of its list, also for short ones.
func TestNotes(t *testing.T) {
	const a = "000413220A06"
	for list, want := range map[string]Phone{
		a + ",http://x.example/":                            {URL: "http://x.example/"},
		"mac,url\n" + a:                                     {},
		"mac,url,note\n" + a:                                {Noted: true},
		"mac,url,note\n" + a + ",,":                         {Noted: true},
		"Note;MAC\n \"Berlin; \"\"4\"\" # 1\";" + a:         {Note: `Berlin; "4" # 1`, Noted: true},
		"mac,note,url\n" + a + ",=\"12\",http://x.example/": {URL: "http://x.example/", Note: "12", Noted: true},
		"mac,notes\n" + a + ",x":                            {},
	} {
		var l Reader
		var got Phone
		for line := range strings.SplitSeq(list, "\n") {
			var err error
			if got, _, err = l.Line(line); err != nil {
				t.Errorf("%q: %v", list, err)
			}
		}
		if want.MAC = macaddr.MustParse(a); got != want {
			t.Errorf("%q: %+v, want %+v", list, got, want)
		}
	}
}

func TestUnused(t *testing.T) {
	var l Reader
	for _, line := range []string{"Name;MAC;;Standort;Setting-URL;;", "A;000413220A06;;Köln;"} {
		if _, _, err := l.Line(line); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.Unused(); !slices.Equal(got, []string{"Name", "column 3", "Standort"}) {
		t.Errorf("%q", got)
	}
}

// Errors are of the documented types, and a phone that EXPORT writes is parsed as
// the same phone.
func FuzzList(f *testing.F) {
	for _, s := range []string{"2e4\n", "mac;url\r\n2e4;http://x.example/\r\n", "\"2e4\",\"http://x.example/a,b\"\n# x\n", "a,b,mac\n1,2,2e4 # x", "sep=;\nMAC Address;x\n\"a\nb\";=\"000413220A06\"", "mac,url,note\n000413220A06,,\"a, \"\"b\"\"\"\n000413220A07,,# 1 \"x\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := Reader{Short: strings.HasPrefix(text, "2")}
		for line := range strings.SplitSeq(text, "\n") {
			p, ok, err := l.Line(line)
			if n := len(l.record); n > MaxRecord+len(line)+1 || l.lines > MaxRecord+2 {
				t.Fatalf("%d bytes in %d lines", n, l.lines)
			}
			var bad *Error
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("%q: %v is not an Error", line, err)
			}
			url, parseErr := store.ParseURL(p.URL)
			if !ok || p.URL != "" && parseErr != nil {
				continue
			}
			export := func(row ...string) string {
				var exported bytes.Buffer
				w := csv.NewWriter(&exported)
				_ = w.Write(row)
				w.Flush()
				return strings.TrimSuffix(exported.String(), "\n")
			}
			if note, err := store.ParseNote(p.Note); err == nil && p.Noted {
				var again Reader
				row := export(p.MAC.String(), url.String(), string(note))
				_, _, err := again.Line("mac,url,note")
				want := Phone{p.MAC, url.String(), string(note), true}
				if q, ok, errRow := again.Line(row); err != nil || errRow != nil || !ok || q != want {
					t.Errorf("%q is %+v, exported as %q, parsed as %+v, %v", line, p, row, q, errRow)
				}
			}
			exported := export(p.MAC.String(), url.String())
			var again Reader
			if q, ok, err := again.Line(exported); err != nil || !ok || q != (Phone{MAC: p.MAC, URL: url.String()}) {
				t.Errorf("%q is %+v, exported as %q, parsed as %+v, %v", line, p, exported, q, err)
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
