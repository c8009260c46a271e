package rds

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// escaped returns what an ampersandReader makes of s.
func escaped(t *testing.T, s string) string {
	t.Helper()
	b, err := io.ReadAll(newAmpersandReader(strings.NewReader(s)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAmpersands(t *testing.T) {
	long := strings.Repeat("a", 3000)
	for s, want := range map[string]string{
		"http://a/?b=1&c=2":                               "http://a/?b=1&amp;c=2",
		"&&amp;&lt;&#38;&#x26;&x;":                        "&amp;&amp;&lt;&#38;&#x26;&x;",
		"& &; &1; &-a; &#; &#x; &#12a; &#xg; &#X26; &# &": "&amp; &amp;; &amp;1; &amp;-a; &amp;#; &amp;#x; &amp;#12a; &amp;#xg; &amp;#X26; &amp;# &amp;",
		"&amp &amp=1 &lt<":                                "&amp;amp &amp;amp=1 &amp;lt<",
		"a&b.c-d_e:f;":                                    "a&b.c-d_e:f;",
		"&\xe9;&\xe9=":                                    "&\xe9;&amp;\xe9=",
		"&#" + long + ";":                                 "&amp;#" + long + ";",
		"&" + long + ";&" + long + "=":                    "&" + long + ";&amp;" + long + "=",
		"&#" + strings.Repeat("0", 9000) + "38;":          "&#" + strings.Repeat("0", 9000) + "38;",
		`<a b="1&2" c='&amp;&'>`:                          `<a b="1&amp;2" c='&amp;&amp;'>`,
		"<!-- & -- & --->&":                               "<!-- & -- & --->&amp;",
		"<!-->&-->&":                                      "<!-->&-->&amp;",
		"<![CDATA[&]]&]]]>&":                              "<![CDATA[&]]&]]]>&amp;",
		"<![CDATA[]]>&":                                   "<![CDATA[]]>&amp;",
		"<?x & ? & ??>&":                                  "<?x & ? & ??>&amp;",
		"<!DOCTYPE a '&'><!-- --> &":                      "<!DOCTYPE a '&'><!-- --> &",
		"<&<":                                             "<&amp;<",
		"<!-":                                             "<!-",
		"":                                                "",
	} {
		if got := escaped(t, s); got != want {
			t.Errorf("%.80q: %.80q, want %.80q", s, got, want)
		}
	}
	if _, err := io.ReadAll(newAmpersandReader(io.MultiReader(strings.NewReader("<"), iotest.ErrReader(io.ErrClosedPipe)))); err != io.ErrClosedPipe {
		t.Errorf("error %v, want the reader's", err)
	}
	// A limit that is reached while it looks ahead ends the input.
	limit := &markupLimit{r: strings.NewReader("<a b='" + strings.Repeat("&", 4*maxMarkup) + "<'>")}
	if b, err := io.ReadAll(newAmpersandReader(limit)); err == nil || len(b) > 6*maxMarkup {
		t.Errorf("read %d bytes, %v", len(b), err)
	}
}

// NGCP sends URLs unescaped.
func TestBareAmpersand(t *testing.T) {
	l := newLab(t, nil)
	for _, url := range []string{"http://ngcp.example/?a=1&b={mac}&c", "<string>http://ngcp.example/?a=1&b={mac}&c</string>", "<string>http://ngcp.example/?a=1&amp;b={mac}&c</string>"} {
		l.answers("acme", "<methodCall><methodName>redirect.registerPhone</methodName><params><param><value>0004132202E4</value></param><param><value>"+url+"</value></param></params></methodCall>",
			"<?xml version='1.0'?><methodResponse><params><param>"+okReply+"</param></params></methodResponse>")
		l.calls("acme", of("redirect.getPhoneRedirection", str("0004132202E4")), "<value><array><data><value><boolean>1</boolean></value><value><string>ACME &amp; S&#246;hne &lt;1&gt;</string></value><value><string>http://ngcp.example/?a=1&amp;b={mac}&amp;c</string></value></data></array></value>")
	}
}

// XML that the decoder accepts is unchanged. Other text changes only so that each
// '&' is part of a reference, and does not depend on how it is read.
func FuzzAmpersands(f *testing.F) {
	f.Add("<?xml version='1.0'?><!-- & --><a b='&lt;'>&amp;&#38;<![CDATA[&]]>]]&gt;</a>")
	f.Add("<a>?b=1&c=2&amp=3&#;</a><b c='&'/>")
	f.Add("<!-->&--->&<?a ??>&<![CDATA[]]]>&<!&")
	f.Fuzz(func(t *testing.T, s string) {
		got := escaped(t, s)
		if plain := decodes(s); plain && got != s {
			t.Fatalf("%q is well-formed and became %q", s, got)
		}
		if again := escaped(t, got); again != got {
			t.Fatalf("%q became %q and then %q", s, got, again)
		}
		slow, err := io.ReadAll(iotest.OneByteReader(newAmpersandReader(iotest.OneByteReader(strings.NewReader(s)))))
		if err != nil || string(slow) != got {
			t.Fatalf("%q, read by the byte, became %q and not %q, %v", s, slow, got, err)
		}
		if len(s) < 3000 && strings.ReplaceAll(got, "&amp;", "&") != strings.ReplaceAll(s, "&amp;", "&") {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

// decodes reports whether the decoder accepts s.
func decodes(s string) bool {
	d := xml.NewDecoder(strings.NewReader(s))
	d.CharsetReader = charsetReader
	for {
		if _, err := d.RawToken(); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
