package settings

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Each error says where it is and what to write instead.
func TestSyntaxErrors(t *testing.T) {
	const head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	in := func(line string) string {
		return head + "<settings>\n<phone-settings>\n" + line + "\n</phone-settings>\n</settings>\n"
	}
	for text, want := range map[string]string{
		// The figure of snom's slides.
		head + "<gui-languages>\n  <language url=http://ss/gui_de.xml name=\"Deutsch\" />\n</gui-languages>": `line 3, column 17: broken XML: an attribute's value without quotes: write it as name="value"`,

		in("<ä>1&</ä><a>a&b</a>"):        "line 4, column 5: broken XML: an & that begins no entity: write it as &amp;",
		in("<ä>ä</ä> <a>?a=1&b=2</a>"):   "line 4, column 17: broken XML: an & that begins no entity: write it as &amp;",
		in("<a>&&amp;</a>"):              "line 4, column 4: broken XML: an & that begins no entity: write it as &amp;",
		in("<a>\n&nbsp;</a>"):            "line 5, column 1: broken XML: an & that begins no entity: write it as &amp;",
		in("<a x=\"b&c\"/>"):             "line 4, column 8: broken XML: an & that begins no entity: write it as &amp;",
		head + "<settings>&":             "line 2, column 11: broken XML: an & that begins no entity: write it as &amp;",
		in("<a>]]></a>"):                 "line 4, column 4: broken XML: ]]> in a value: write it as ]]&gt;",
		in("<a perm=!>1</a>"):            `line 4, column 9: broken XML: an attribute's value without quotes: write it as name="value"`,
		in("<a perm>1</a>"):              `line 4, column 1: broken XML: an attribute without a value: write it as name="value", and a < in a value as &lt;`,
		in("<a perm=\"!>1</a>"):          "line 4, column 13: broken XML: a < in an attribute of the tag of line 4, column 1: end the value with a quote, or write the < as &lt;",
		in("<a>1 < 2</a>"):               "line 4, column 6: broken XML: a < that begins no tag: write it as &lt;",
		in("<a>1<2</a>"):                 "line 4, column 5: broken XML: a name that XML doesn't allow: names begin with a letter; write a < in a value as &lt;",
		in("<a>b<c</a>"):                 `line 4, column 5: broken XML: a tag that is not complete: write attributes as name="value", and a < in a value as &lt;`,
		in("<a / >"):                     "line 4, column 1: broken XML: a / in a tag: write /> at its end, and quotes around values",
		in("<a>1</ a>"):                  "line 4, column 5: broken XML: an end tag without a name: write one such as </settings>, or a < in a value as &lt;",
		in("<a>1</a b>"):                 "line 4, column 5: broken XML: an end tag that is not complete: write one such as </settings>",
		in("<!-- a -- b -->"):            "line 4, column 1: broken XML: a comment that contains --: write a single -",
		in("<!- a ->"):                   "line 4, column 1: broken XML: a <! that begins nothing: comments are written <!-- ... -->",
		in("<![x"):                       "line 4, column 1: broken XML: a <! that begins nothing: remove it, or write a < in a value as &lt;",
		in("<? x ?>"):                    "line 4, column 1: broken XML: a <? that begins nothing: remove it, or write a < in a value as &lt;",
		in("<a>M\xfc</a>"):               "line 4, column 5: broken XML: a character that is not UTF-8: save the file as UTF-8, or declare its encoding, such as encoding=\"iso-8859-1\"",
		in("<a>ä\x01</a>"):               "line 4, column 5: broken XML: a control character, which XML doesn't allow: remove it",
		in("<a>ä&#1;</a>"):               "line 4, column 4: broken XML: a control character, which XML doesn't allow: remove it",
		in("<a idx=\"1\" idx=\"2\"/>"):   "line 4, column 1: broken XML: a tag that has the same attribute twice: remove one",
		in("<a" + attrs(65) + "/>"):      "line 4, column 1: broken XML: a tag with more than 64 attributes",
		in("<a>1"):                       "line 5, column 1: broken XML: the tag <a> of line 4, column 1 has no end before this one: write </a>",
		in("<a>1<b></a>"):                "line 4, column 8: broken XML: the tag of line 4, column 5 has no end before this one: end that, or write a < in a value as &lt;",
		in("</a>"):                       "line 4, column 1: broken XML: the tag <phone-settings> of line 3, column 1 has no end before this one: write </phone-settings>",
		in("<?xml version=\"1.0\"?>"):    "line 4, column 1: broken XML: a second header <?xml: remove it",
		in(strings.Repeat("<a>", 31)):    "line 4, column 91: broken XML: more than 32 tags in each other",
		in("<a/>") + "<settings/>":       "line 7, column 1: broken XML: a second root element: put all parts into one <settings>",
		in("<a/>") + "\n ä":              "line 8, column 2: broken XML: text after the root element: remove it",
		in("<a/>") + "</settings>":       "line 7, column 1: broken XML: an end tag without a start: remove it",
		"<settings>\n  <phone-settings>": "line 2, column 19: broken XML: the file ends before the tag <phone-settings> of line 2, column 3: write </phone-settings>",
		"<phone-settings><a>x<b>":        "line 1, column 24: broken XML: the file ends before the tag of line 1, column 21: end that, or write a < in a value as &lt;",
		"<settings>\n<phone-sett":        "line 2, column 12: broken XML: the file ends before the end of what begins at line 2, column 1, a tag: write >, and quotes around values; write a < in a value as &lt;",
		"<settings><a b=\"c>":            "line 1, column 19: broken XML: the file ends before the end of what begins at line 1, column 11, a tag: write >, and quotes around values; write a < in a value as &lt;",
		"<settings><!-- ":                "line 1, column 16: broken XML: the file ends before the end of what begins at line 1, column 11, a comment: write -->",
		"<settings><![CDATA[x":           "line 1, column 21: broken XML: the file ends before the end of what begins at line 1, column 11, a CDATA section: write ]]>",
		"<settings><?a":                  "line 1, column 14: broken XML: the file ends before the end of what begins at line 1, column 11, a <?: write ?>",
		head:                             "broken XML: it contains no element",
		head + "x<settings/>":            "line 2, column 1: broken XML: text before the root element: remove it",

		head + "<foo/>": "line 2, column 1: not a settings file: phones don't know the root element <foo>; expected one such as <settings> or <setting-files>",
		head + "<!DOCTYPE settings>\n<settings/>":  "line 2, column 1: broken XML: a <!DOCTYPE or the like, which phones don't read: remove it",
		in("<!ENTITY a \"b\">"):                    "line 4, column 1: broken XML: a <!DOCTYPE or the like, which phones don't read: remove it",
		"<?xml version=\"1.1\"?><settings/>":       `line 1, column 1: broken XML: the header declares another version of XML: write version="1.0"`,
		"\n<?xml encoding='Big5' ?><settings/>":    `line 2, column 1: the header declares the encoding Big5, which is not supported: write encoding="utf-8", and save the file as UTF-8`,
		"<?xml encoding=\"\x1b[2J\" ?><settings/>": `line 1, column 1: the header declares the encoding, which is not supported: write encoding="utf-8", and save the file as UTF-8`,

		"\xff\xfe<\x00":             "line 1, column 1: the file is UTF-16: save it as UTF-8",
		"just text\n;":              "not a settings file: expected lines of name: value, or XML",
		"a: 1\x00":                  "not a settings file: expected lines of name: value, or XML",
		"\n  Notice: x\n<settings>": `line 2, column 3: text before <?xml, such as a warning from PHP: "Notice: x"; XML must be the first text of the file`,

		strings.Repeat("#", MaxSize+1):                                      "the file is longer than 4 MiB",
		strings.Repeat("a:\n", MaxEntries+1):                                "line 250001, column 1: the file has more than 250000 entries",
		strings.Repeat(";\n", MaxEntries+1):                                 "line 250001, column 1: the file has more than 250000 entries",
		"<settings>\n" + strings.Repeat("<a/>", MaxEntries) + "</settings>": "line 2, column 999997: the file has more than 250000 entries",
	} {
		f, err := Read([]byte(text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != want || f != nil {
			t.Errorf("%.120q:\n%v, want\n%s", text, err, want)
		}
	}
}

func attrs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=\"\"", i)
	}
	return b.String()
}

// A password with characters that break XML is in no error.
func TestErrorsQuoteNoPassword(t *testing.T) {
	for _, password := range []string{
		"QX&QX", "QX&QX;", "QX<QX", "QX<QX>", "<QX>", "<QX", "</QX", "</QX>", "QX</QX", "<QX=", "<QX a", "<QX a=b>", "<QX a=\"<\">",
		"<!QX", "<!--QX--x", "<![QX", "<?QX", "<? QX", "&#QX;", "QX]]>QX", "<a:QX>", "<1QX>", "QX<QX/>x<QX", "\xfcQX", "QX\x01", "<!DOCTYPE QX>",
	} {
		for _, text := range []string{
			"<settings><phone-settings><http_client_pass>" + password + "</http_client_pass></phone-settings></settings>",
			"<phone-settings><http_client_pass>" + password + "</http_client_pass></phone-settings>",
			"<phone-settings><http_client_pass>" + password,
			"<phone-settings><http_client_pass idx=\"" + password + "\"/></phone-settings>",
			"http_client_pass$: " + password + "\n<settings></settings>",
			"http_client_pass: " + password + "\n<?xml version=\"1.0\"?><settings>",
		} {
			if _, err := Read([]byte(text)); err != nil && strings.Contains(err.Error(), "QX") {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}
