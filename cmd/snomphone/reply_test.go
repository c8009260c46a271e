package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"snomredirect/redirect/settings"
)

func TestParseReply(t *testing.T) {
	for text, want := range map[string]reply{
		"":                           {},
		"<html>\n<pre>\n# none\n":    {},
		"a: 1":                       {settings: []setting{{"a", "", none, "1"}}},
		"a$: 1\r\nb!:2\r\nc&: 3: 4 ": {settings: []setting{{"a", "", "$", "1"}, {"b", "", "!", "2"}, {"c", "", "&", "3: 4 "}}},
		"a_B9:\t\n\n \n b: 1\nc d: 1\n$: 1\n: 1\nä: 1\n": {settings: []setting{{"a_B9", "", none, ""}}, skipped: []int{4, 5, 6, 7, 8}},
		"<a>b: 1</a>\nc: 2": {settings: []setting{{"c", "", none, "2"}}},
		"<settingsy>\na: 1": {settings: []setting{{"a", "", none, "1"}}},

		"<setting-files/>": {xml: true},
		" \n<setting-files><file url=\"u\"/><x url=\"v\"/><file/><file url='a&amp;b{mac}'/></setting-files>": {xml: true, files: []string{"u", "a&b{mac}"}},
		"<settings/>": {xml: true},
		"<phone-settings e=\"2\"><!-- x --><a idx=\"3\" perm=\"!\"> 1 </a><b/><c perm=\"\">x&lt;y<![CDATA[&]]></c></phone-settings>": {xml: true,
			settings: []setting{{"a", "3", "!", " 1 "}, {"b", "", none, ""}, {"c", "", perm(settings.EmptyFlag), "x<y&"}}},
		"<settings><phone-settings><a>1</a></phone-settings><new-part><b perm=\"RW\">2</b></new-part><dialplan><template/></dialplan><certificates/></settings>": {xml: true,
			settings: []setting{{"a", "", none, "1"}, {"b", "", "RW", "2"}}, lists: []list{{"dialplan", rules, 1}, {"certificates", entries, 0}}},
		"<functionKeys><fkey idx=\"1\"> <general type=\"x\"/> </fkey></functionKeys>":  {xml: true, keys: []setting{{"fkey", "1", none, "<general type=\"x\"/>"}}, lists: []list{{"functionKeys", keys, 1}}},
		"<firmware-settings><firmware perm=\"&amp;\">u</firmware></firmware-settings>": {xml: true, settings: []setting{{"firmware", "", "&", "u"}}},
	} {
		if got, err := parseReply([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"a: 1\x00":                      "not a settings file",
		"just text":                     "not a settings file",
		"\x89PNG\r\n\x1a\n":             "not a settings file",
		"<?xml version=\"1.0\"?>":       "it contains no element",
		"<?xml version=\"1.0\"?><foo/>": "the root element <foo>",
		"<settings>":                    "broken XML",
		"<settings><a></settings>":      "broken XML",
		"<settings>\n&nbsp;</settings>": "line 2, column 1: broken XML: an & that begins no entity: write it as &amp;",
		"<settings><phone-settings><http_client_pass>a&b</http_client_pass></phone-settings></settings>": "line 1, column 46: broken XML: an & that begins no entity: write it as &amp;",
		"<?xml version=\"1.0\" encoding=\"klingon\"?><settings/>":                                        "declares the encoding klingon",
		"<?xml version=\"1.0\"?><!DOCTYPE s [<!ENTITY x \"y\">]><settings><p><a>&x;</a></p></settings>":  "broken XML",
	} {
		if got, err := parseReply([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want an error with %q", text, got, err, want)
		}
	}
}

// Deeply nested XML costs no more than its length.
func TestDeepXML(t *testing.T) {
	for _, text := range []string{
		"<settings>" + strings.Repeat("<a>", maxReply/3),
		"<phone-settings><a>" + strings.Repeat("<a>", 9000) + strings.Repeat("</a>", 9000) + "</a></phone-settings>",
	} {
		allocated := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = parseReply([]byte(text))
			}
		}).AllocedBytesPerOp()
		if allocated > 200*int64(len(text)) {
			t.Errorf("%.30q…: %d bytes for %d", text, allocated, len(text))
		}
	}
}

// A server can't keep a phone busy with many settings.
func TestManySettings(t *testing.T) {
	var text strings.Builder
	for i := 0; text.Len() < maxReply-20; i++ {
		fmt.Fprintf(&text, "a%x:\n", i)
	}
	w := newWorld(t)
	w.serve("one.example", site{"/x": files(slices.Repeat([]string{"http://one.example/y"}, 10)...), "/y": text.String()})
	if _, err := w.boot(boot{MAC: testMAC, URL: "http://one.example/x", JSON: true}); err != nil {
		t.Error(err)
	}
}

// corpus adds all files that the tests serve.
func corpus(f *testing.F) {
	files, err := filepath.Glob("testdata/prov/*/*")
	if err != nil || len(files) < 10 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// Whatever a server sends, a boot is printed as printable lines and valid JSON.
func FuzzReply(f *testing.F) {
	corpus(f)
	f.Fuzz(func(t *testing.T, reply []byte) {
		w := &walk{}
		s := w.begin("http://one.example/", "first boot")
		r, err := parseReply(reply)
		if err != nil {
			w.fail(s, err)
		} else {
			w.take(s, r)
		}
		var text, object bytes.Buffer
		printer{&text}.step(s)
		printer{&text}.settings(w)
		if err := writeJSON(&object, w.object()); err != nil || !json.Valid(object.Bytes()) {
			t.Fatalf("%v: %q", err, object.Bytes())
		}
		for _, c := range text.String() + object.String() {
			if c != '\n' && (!unicode.IsPrint(c) || c == unicode.ReplacementChar) {
				t.Fatalf("%q: %q", c, text.String()+object.String())
			}
		}
	})
}

func FuzzRequests(f *testing.F) {
	for _, url := range []string{"http://one.example", "https://one.example/a/", "http://[::1]:8080/x?mac={mac}", "tftp://one.example/x", "http://u:p@one.example/#x"} {
		f.Add(url)
	}
	p, err := newPhone(testMAC, "", "", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, url string) {
		for _, requestsOf := range []func(string) ([]string, error){p.requests, p.serverRequests} {
			requests, err := requestsOf(url)
			if err == nil && len(requests) == 0 {
				t.Fatalf("%q: no requests", url)
			}
			for _, request := range requests {
				if _, err := parseURL(request); err != nil {
					t.Fatalf("%q: %q: %v", url, request, err)
				}
			}
		}
	})
}
