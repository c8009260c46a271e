package rds

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"snomredirect/macaddr"
)

// Every form of a call that tools send means the same.
func TestForms(t *testing.T) {
	want := methodCall{"redirect.registerPhoneList", []value{arr("0004132202E4", "0004132202e5"), str("http://a.example/?a=1&b={mac}")}}
	for name, body := range map[string]string{
		"compact": `<?xml version='1.0'?><methodCall><methodName>redirect.registerPhoneList</methodName><params><param><value><array><data><value><string>0004132202E4</string></value><value><string>0004132202e5</string></value></data></array></value></param><param><value><string>http://a.example/?a=1&amp;b={mac}</string></value></param></params></methodCall>`,
		"pretty-printed, bare text, CDATA, remarks": `

<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!-- a remark -->
<methodCall xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions">
	<methodName>
		redirect.registerPhoneList
	</methodName>
	<params>
		<param>
			<value>
				<array>
					<data>
						<value>0004132202E4</value>
						<?what ever?>
						<value> <string>0004132202<!-- within -->e5</string> </value>
					</data>
				</array>
			</value>
		</param>
		<param><value><![CDATA[http://a.example/?a=1&b={mac}]]></value></param>
	</params>
</methodCall>
<!-- and one more -->
`,
		"lines that end in CR LF": "<methodCall>\r\n<methodName>redirect.registerPhoneList</methodName>\r\n<params>\r\n<param>\r\n<value><array><data>\r\n<value>0004132202E4</value>\r\n<value><string>0004132202e5</string></value>\r\n</data></array></value></param><param><value><string><![CDATA[http://a.example/?a=1]]>&#38;b={mac}</string></value></param></params></methodCall>\r\n",
		"a byte order mark":       "\uFEFF" + string(appendCall(nil, want)),
	} {
		got, err := readCall(strings.NewReader(strings.TrimLeft(body, "\n")))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for body, want := range map[string]value{
		"<value/>":                              str(""),
		"<value></value>":                       str(""),
		"<value><string/></value>":              str(""),
		"<value> x\n</value>":                   str(" x\n"),
		"<value><nil/></value>":                 {kind: null},
		"<value><ex:nil/></value>":              {kind: null},
		"<value>\n<nil></nil>\n</value>":        {kind: null},
		"<value><array><data/></array></value>": arr(),
		"<value><base64>eA==</base64></value>":  {},
		"<value><int/></value>":                 {kind: integer},
		"<value><i4>0004132</i4></value>":       {kind: integer, text: "0004132"},
		"<value>\n<ex:i8> 1 </ex:i8>\n</value>": {kind: integer, text: " 1 "},
		"<value><boolean>1</boolean></value>":   {kind: integer, text: "1"},
		"<value><double>1E4</double></value>":   {kind: decimal, text: "1E4"},
		"<value><dateTime.iso8601>20261125T13:00:00</dateTime.iso8601></value>":                                                                                  str("20261125T13:00:00"),
		"<value><struct><member><name/><value/></member></struct></value>":                                                                                       {kind: structure, items: []value{str(""), str("")}},
		"<value><struct> <member>\n<name>a</name>\n<value><int>1</int></value></member><member><name>b</name><value><struct/></value></member></struct></value>": {kind: structure, items: []value{str("a"), {kind: integer, text: "1"}, str("b"), {kind: structure}}},
		"<value><array><data><value><nil/></value><value><array><data/></array></value></data></array></value>":                                                  {kind: array, items: []value{{kind: null}, arr()}},
	} {
		got, err := readCall(strings.NewReader("<methodCall><methodName>m</methodName><params><param>" + body + "</param></params></methodCall>"))
		if err != nil || !reflect.DeepEqual(got, methodCall{"m", []value{want}}) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	if got, err := readCall(strings.NewReader("<methodCall><methodName>m</methodName><params><param></param></params></methodCall>")); err != nil || !reflect.DeepEqual(got, of("m", value{kind: null})) {
		t.Errorf("an empty param: %+v, %v", got, err)
	}
	for _, body := range []string{"<methodCall><methodName>m</methodName></methodCall>", "<methodCall><methodName>m</methodName><params/></methodCall>"} {
		if got, err := readCall(strings.NewReader(body)); err != nil || got.method != "m" || got.params != nil {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	for charset, s := range map[string]string{"ISO-8859-1": "\xa4", "iso-8859-1": "\xa4", "UTF-8": "¤", "utf8": "¤", "us-ascii": "&#164;"} {
		got, err := readCall(strings.NewReader("<?xml version=\"1.0\" encoding=\"" + charset + "\"?><methodCall><methodName>m</methodName><params><param><value>" + s + "</value></param></params></methodCall>"))
		if err != nil || got.params[0].text != "¤" {
			t.Errorf("%s: %+v, %v", charset, got, err)
		}
	}
}

// Any input is either a call that can be written and read again, or a fault that a
// tool can read.
func FuzzReadCall(f *testing.F) {
	f.Add(string(appendCall(nil, of("redirect.registerPhoneList", arr("0004132202E4"), str("http://a.example/")))))
	f.Add("<methodCall>\n<methodName>x</methodName><params><param><value><![CDATA[a]]>b</value></param><param><value><ex:nil/></value></param></params></methodCall>")
	f.Add("<?xml version='1.0' encoding='iso-8859-1'?><methodCall><methodName>\xe9</methodName></methodCall><!-- -->")
	f.Add("<a><" + strings.Repeat("b", 2000) + "></c>")
	f.Add(string(appendCall(nil, of("m", value{kind: integer, text: "000413229000"}, value{kind: decimal, text: "4.1322e+15"}, value{}))))
	f.Add(string(appendCall(nil, multi(of("m", str("a")), of("n")))))
	f.Add("<!DOCTYPE a [<!ENTITY b 'c'>]><methodCall>&b;</methodCall>")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := readCall(strings.NewReader(s))
		var f *fault
		switch {
		case err == nil:
			again, err := readCall(bytes.NewReader(appendCall(nil, c)))
			if err != nil || !reflect.DeepEqual(c, again) {
				t.Fatalf("%+v came back as %+v, %v", c, again, err)
			}
		case !errors.As(err, &f):
			t.Fatalf("%v is not a fault", err)
		default:
			if v, isFault, err := readReply(written(t, f.reply())); err != nil || !isFault || len(v) != 2 || len(v[1]) > 1000 || v[0] != fmt.Sprint(int(f.code)) || v[1] == "" {
				t.Fatalf("%+v came back as %q, %v", f, v, err)
			}
		}
	})
}

// A reply can be read back, and is ASCII without control characters except tab and line feed.
func FuzzWriteReply(f *testing.F) {
	f.Add(true, "Ok", "")
	f.Add(false, "<&>\"' é\r\n\x00\uFFFE\U0010FFFF]]>", "\xff")
	f.Fuzz(func(t *testing.T, ok bool, a, b string) {
		want := []string{"0", asXML(a), asXML(b)}
		if ok {
			want[0] = "1"
		}
		s := written(t, result(ok, a, b))
		if got, _, err := readReply(s); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %q, %v; want %q", s, got, err, want)
		}
		if strings.Trim(s, "\t\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") != "" {
			t.Fatalf("%q is not ASCII", s)
		}
		if got, _, err := readReply(written(t, stringReply(a))); err != nil || len(got) != 1 || got[0] != asXML(a) {
			t.Fatalf("%q came back as %q, %v", a, got, err)
		}
	})
}

// asXML returns s with the characters that XML can't contain replaced.
func asXML(s string) string {
	return strings.Map(func(r rune) rune {
		if !inXML(r) {
			return '?'
		}
		return r
	}, s)
}

// written returns a reply as written.
func written(t *testing.T, r reply) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.write(&b); err != nil || b.Len() != r.len() {
		t.Fatalf("wrote %d bytes, len is %d: %v", b.Len(), r.len(), err)
	}
	return b.String()
}

// A list longer than the buffer is written completely.
func TestLongList(t *testing.T) {
	var macs []macaddr.Addr
	var want []string
	for a := range (macaddr.Range{First: macaddr.MustParse("000413000000"), Last: macaddr.MustParse("000413003FFF")}).All() {
		macs = append(macs, a)
		want = append(want, a.String())
	}
	got, _, err := readReply(written(t, listReply(macs)))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %d MACs of %d, %v", len(got), len(want), err)
	}
}

func BenchmarkReadCall(b *testing.B) {
	call := appendCall(nil, of("redirect.registerPhone", str("0004132202E4"), str("http://prov.acme.example/{mac}")))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readCall(bytes.NewReader(call)); err != nil {
			b.Fatal(err)
		}
	}
}
