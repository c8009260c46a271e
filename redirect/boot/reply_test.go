package boot

import (
	"reflect"
	"strings"
	"testing"

	"snomredirect/redirect/settings"
)

func TestParseReply(t *testing.T) {
	for text, want := range map[string]Reply{
		"":                           {},
		"<html>\n<pre>\n# none\n":    {},
		"a: 1":                       {Settings: []Setting{{"a", "", Flag(settings.NoFlag), "1"}}},
		"a$: 1\r\nb!:2\r\nc&: 3: 4 ": {Settings: []Setting{{"a", "", "$", "1"}, {"b", "", "!", "2"}, {"c", "", "&", "3: 4 "}}},
		"a_B9:\t\n\n \n b: 1\nc d: 1\n$: 1\n: 1\nä: 1\n": {Settings: []Setting{{"a_B9", "", Flag(settings.NoFlag), ""}}, Skipped: []int{4, 5, 6, 7, 8}},
		"<a>b: 1</a>\nc: 2": {Settings: []Setting{{"c", "", Flag(settings.NoFlag), "2"}}},
		"<settingsy>\na: 1": {Settings: []Setting{{"a", "", Flag(settings.NoFlag), "1"}}},

		"<setting-files/>": {XML: true},
		" \n<setting-files><file url=\"u\"/><x url=\"v\"/><file/><file url='a&amp;b{mac}'/></setting-files>": {XML: true, Files: []string{"u", "a&b{mac}"}},
		"<settings/>": {XML: true},
		"<phone-settings e=\"2\"><!-- x --><a idx=\"3\" perm=\"!\"> 1 </a><b/><c perm=\"\">x&lt;y<![CDATA[&]]></c></phone-settings>": {XML: true,
			Settings: []Setting{{"a", "3", "!", " 1 "}, {"b", "", Flag(settings.NoFlag), ""}, {"c", "", Flag(settings.EmptyFlag), "x<y&"}}},
		"<settings><phone-settings><a>1</a></phone-settings><new-part><b perm=\"RW\">2</b></new-part><dialplan><template/></dialplan><certificates/></settings>": {XML: true,
			Settings: []Setting{{"a", "", Flag(settings.NoFlag), "1"}, {"b", "", "RW", "2"}}, Lists: []List{{"dialplan", Rules, 1}, {"certificates", Entries, 0}}},
		"<functionKeys><fkey idx=\"1\"> <general type=\"x\"/> </fkey></functionKeys>":  {XML: true, Keys: []Setting{{"fkey", "1", Flag(settings.NoFlag), "<general type=\"x\"/>"}}, Lists: []List{{"functionKeys", Keys, 1}}},
		"<firmware-settings><firmware perm=\"&amp;\">u</firmware></firmware-settings>": {XML: true, Settings: []Setting{{"firmware", "", "&", "u"}}},
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
		"<settings>" + strings.Repeat("<a>", Patient.Reply/3),
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
