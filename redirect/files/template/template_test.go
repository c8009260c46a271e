package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

var values = map[string]string{"name": `Anna "Ann" & Bob's <b>`, "number": "201", "mac": "000413231234", "empty": "", "xml": "<?xml?>"}

const url = "https://files.example/a&b/"

func TestFill(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"a: b\r\n", "a: b\r\n"},
		{"user_name1: ${number}\r\nuser_realname1: ${name}\r\n", "user_name1: 201\r\nuser_realname1: Anna \"Ann\" & Bob's <b>\r\n"},
		{"# ${number}\n<${number}>\n${number}", "# 201\n<201>\n201"},
		{"a: ${empty}${empty}", "a: "},
		{"a: ${files}360/{mac}.xml ${mac}", "a: https://files.example/a&b/360/{mac}.xml 000413231234"},
		{"a: $${name} $$${number} $ $$ {name} $", "a: ${name} $${number} $ $$ {name} $"},
		{"<settings><a>${name}</a></settings>", "<settings><a>Anna &quot;Ann&quot; &amp; Bob's &lt;b&gt;</a></settings>"},
		{`<settings><a b="${name}" c='${name}'>$${x}</a></settings>`, `<settings><a b="Anna &quot;Ann&quot; &amp; Bob's &lt;b&gt;" c='Anna &quot;Ann&quot; &amp; Bob&apos;s &lt;b&gt;'>${x}</a></settings>`},
		{`<setting-files><file url="${files}{mac}.xml"/></setting-files>`, `<setting-files><file url="https://files.example/a&amp;b/{mac}.xml"/></setting-files>`},
		{"\uFEFF <?xml version='1.0'?><settings><!-- ${NO $${x} \"' --><a b='>'>${number}</a></settings>", "\uFEFF <?xml version='1.0'?><settings><!-- ${NO $${x} \"' --><a b='>'>201</a></settings>"},
		{"a\x00${", "a\x00${"},
	} {
		parsed, err := Parse([]byte(c.text))
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		got, err := parsed.Fill(values, url)
		if err != nil || string(got) != c.want {
			t.Errorf("%q: got %q, %v", c.text, got, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		says         string
	}{
		{"a: ${", 1, 4, "without the name"},
		{"a: b\nü: ${Name}", 2, 4, "without the name"},
		{"a: ${}", 1, 4, "without the name"},
		{"a: ${1a}", 1, 4, "without the name"},
		{"a: ${a b}", 1, 4, "without the name"},
		{"a: ${a\n}", 1, 4, "without the name"},
		{"a: ${" + strings.Repeat("a", 65) + "}", 1, 4, "without the name"},
		{"\uFEFF${a-b}", 1, 1, "without the name"},
		{"<settings><${a}></${a}></settings>", 1, 12, "in a tag"},
		{"<settings><a ${a}='b'/></settings>", 1, 14, "in a tag"},
		{"<settings><a b=${a}/></settings>", 1, 16, "in a tag"},
		{"<settings>\r\n<a b='\"'></a${a}></settings>", 2, 13, "in a tag"},
		{"<settings><![CDATA[<!--${a}]]></settings>", 1, 24, "CDATA"},
		{"<?xml version='${a}'?><settings/>", 1, 16, "in a <?"},
		{"<?xml version='1.0'?><!DOCTYPE ${a}><settings/>", 1, 32, "in a <!"},
		{"<?xml version='1.0' encoding='iso-8859-1'?><settings><a>${a}</a></settings>", 1, 1, "only in UTF-8"},
		{strings.Repeat("${a}", maxPlaces+1), 1, 4*maxPlaces + 5, "more than 10000"},
	} {
		_, err := Parse([]byte(c.text))
		if wrong := (*Error)(nil); !errors.As(err, &wrong) || wrong.Line != c.line || wrong.Column != c.column || !strings.Contains(wrong.Text, c.says) {
			t.Errorf("%.80q: %v", c.text, err)
		}
	}
}

// What a template needs is known before it is filled in.
func TestColumns(t *testing.T) {
	for text, want := range map[string][]string{
		"a: b": nil, "a: ${files}": nil, "a: $${name}": nil,
		"${b}${a}${files}${b}":                   {"b", "a"},
		"<settings><!-- ${a} -->${b}</settings>": {"b"},
	} {
		parsed, err := Parse([]byte(text))
		if err != nil || !slices.Equal(parsed.Columns(), want) || parsed.OfPhone() != (want != nil) || parsed.UsesFiles() != strings.Contains(text, "${files}") {
			t.Errorf("%s: %v, %v", text, parsed, err)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	large := map[string]string{"a": strings.Repeat("<", store.MaxFileSize/4+1)}
	for _, c := range []struct {
		text   string
		values map[string]string
		want   error
	}{
		{"a: ${a}", nil, ErrNoValue},
		{"a: ${a}", values, ErrNoValue},
		{"${xml}<settings/>", values, ErrForm},
		{"<${xml}", map[string]string{"xml": "settings/>"}, ErrForm},
		{"<settings>${a}</settings>", large, ErrSize},
		{strings.Repeat("${a}", 5), large, ErrSize},
		// a billion laughs
		{strings.Repeat("${a}", maxPlaces), map[string]string{"a": strings.Repeat("ha", 100_000)}, ErrSize},
		{strings.Repeat("a", store.MaxFileSize+1), nil, ErrSize},
	} {
		parsed, err := Parse([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.Fill(c.values, url); err != c.want {
			t.Errorf("%.40q: got %v, want %v", c.text, err, c.want)
		}
	}
	parsed, _ := Parse([]byte(strings.Repeat("${a}", 4)))
	if text, err := parsed.Fill(map[string]string{"a": strings.Repeat("<", store.MaxFileSize/4)}, url); err != nil || len(text) != store.MaxFileSize {
		t.Errorf("the largest: %d, %v", len(text), err)
	}
}

func TestParseRows(t *testing.T) {
	want := map[string]string{"mac": "000413231234", "name": "Nowak, \"Ann\"", "n_2": ""}
	for _, text := range []string{
		"mac,name,n_2\n000413231234,\"Nowak, \"\"Ann\"\"\",\n",
		"\uFEFFname,n_2,mac\r\n\"Nowak, \"\"Ann\"\"\",, 00:04:13:23:12:34 \r\n\r\n",
		"MAC;Name;N_2\r\n000413231234;\"Nowak, \"\"Ann\"\"\";\r\n",
		"\xff\xfe" + strings.Join(strings.Split("mac,n_2,name\n0004-1323-1234,,\"Nowak, \"\"Ann\"\"\"", ""), "\x00") + "\x00",
	} {
		rows, err := ParseRows([]byte(text))
		row := rows[macaddr.MustParse("000413231234")]
		if err != nil || len(rows) != 1 || len(row) != 3 || row["mac"] != want["mac"] || row["name"] != want["name"] || row["n_2"] != "" {
			t.Errorf("%q: %v, %v", text, rows, err)
		}
	}
	if rows, err := ParseRows([]byte("mac")); err != nil || len(rows) != 0 {
		t.Errorf("without a phone: %v, %v", rows, err)
	}
}

func TestParseRowsRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                                       "the file is empty",
		"\uFEFF":                                 "the file is empty",
		"name\nx\n":                              "line 1: there is no column mac",
		"a b,mac":                                "line 1: the name of column 1",
		"mac,":                                   "line 1: the name of column 2",
		"mac;name,a":                             "separated by commas",
		"mac\tname":                              "separated by commas",
		"mac,a,a":                                "two columns a",
		"mac,a,A":                                "two columns a",
		"mac,mac":                                "two columns mac",
		"mac,files":                              "can't be named files",
		"mac,\u00e4":                             "the name of column 2",
		"mac,a" + strings.Repeat(",b", 99):       "101 columns",
		manyValues():                             "line 1564: more than 100000 values",
		"\nmac,a\n000413231234\n":                "line 3: it has not as many values",
		"mac\n2e4\n":                             "line 2: the mac: ",
		"mac\n010413231234\n":                    "line 2: the mac: ",
		"mac\n000413231234\n00:04:13:23:12:34\n": "line 3: 000413231234 is in line 2 already",
		"mac,a\n000413231234,\"x\ny\"\n":         "line 2: a: a line break",
		"mac,a\n000413231234,\"x\r\ny\"\n":       "line 2: a: a line break",
		"mac,a\n000413231234,x\ry\n":             "line 2: a: a line break",
		"mac,a\n000413231234,x\u2028y\n":         "line 2: a: a line break",
		"mac,a\n000413231234,\x00\n":             "line 2: a: a control character",
		"mac,a\n000413231234,\t\n":               "line 2: a: a control character",
		"mac,a\n000413231234,\u0085\n":           "line 2: a: a control character",
		"mac,a\n000413231234,\uFFFE\n":           "line 2: a: a control character",
		"mac,a\n000413231234,\xe4\n":             "line 2: a: a character that is not UTF-8",
		"mac,a\n000413231234,x\"y\n":             "line 2: a quote in a value",
		"mac,a\n000413231234,\"x\"y\n":           "line 2: a value in quotes",
		"mac,a\n000413231234,\"x\n\n\n":          "line 2: a value in quotes",
		"mac\n" + strings.Repeat(" ", store.MaxFileSize): "larger than 256 KiB",
	} {
		_, err := ParseRows([]byte(text))
		if wrong := (*Error)(nil); !errors.As(err, &wrong) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

// An error repeats no value, because that may be a password.
func TestErrorsShowNoValue(t *testing.T) {
	for _, text := range []string{"Secret1,Secret2\n", "mac,a\nSecret,Secret\n", "mac,a\n000413231234,\"Secret\"x\n", "mac,a\n000413231234,Secret\x00\n", "mac,a\nSecret\n"} {
		if _, err := ParseRows([]byte(text)); err == nil || strings.Contains(err.Error(), "Secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// manyValues returns a phones.csv of empty values, which take far more memory than text.
func manyValues() string {
	b := strings.Builder{}
	b.WriteString("mac")
	for i := range maxColumns - 1 {
		fmt.Fprintf(&b, ",c%d", i)
	}
	for i := range 3000 {
		fmt.Fprintf(&b, "\n%012X%s", 0x000413000000+i, strings.Repeat(",", maxColumns-1))
	}
	return b.String()
}
