package settings

import (
	"reflect"
	"strings"
	"testing"
)

// What a format can't say is an error, and nothing is smuggled into a file.
func TestCannotWrite(t *testing.T) {
	plain := func(e Entry) *File { return &File{Parts: []Part{{Entries: []Entry{e}}}} }
	part := func(name string, e Entry) *File {
		tag := Tag{Name: name}
		return &File{Format: XML, Root: tag, Parts: []Part{{tag, []Entry{e}}}}
	}
	for _, c := range []struct {
		file *File
		want string
	}{
		{plain(&Setting{Name: "a", Value: "1\nb: 2"}), `can't say the setting "a"`},
		{plain(&Setting{Name: "a", Value: "1\r"}), `can't say the setting "a"`},
		{plain(&Setting{Name: "a", Value: "1\x00"}), `can't say the setting "a"`},
		{plain(&Setting{Name: "a", Value: " 1"}), `can't say the setting "a"`},
		{plain(&Setting{Name: "a", Flag: "RW"}), `can't say the setting "a"`},
		{plain(&Setting{Name: "a", Flag: EmptyFlag}), `can't say the setting "a"`},
		{plain(&Setting{Name: "a$"}), `can't say the setting "a$"`},
		{plain(&Setting{Name: ""}), `can't say the setting ""`},
		{plain(&Setting{Name: "#a"}), `can't say the setting "#a"`},
		{plain(&Setting{Name: "a", Index: "1"}), "no indexes, attributes or XML"},
		{plain(&Setting{Name: "a", XML: true}), "no indexes, attributes or XML"},
		{plain(&Setting{Name: "a", Attrs: []Attr{{"b", ""}}}), "no indexes, attributes or XML"},
		{plain(&Setting{Name: "a", Value: `<?xml version="1.0"?><settings>`}), "take a part of them for XML"},
		{plain(&Other{Value: "a: 1"}), "lines that phones pass over"},
		{plain(&Other{Value: "# a"}), "lines that phones pass over"},
		{plain(&Other{Value: ""}), "lines that phones pass over"},
		{plain(&Other{Value: ";\na: 1"}), "lines that phones pass over"},
		{plain(&Other{Name: "a", Value: ";"}), "lines that phones pass over"},
		{plain(&FunctionKey{}), "it can't say a *settings.FunctionKey"},
		{&File{Format: XML}, "needs a root element"},
		{&File{Format: XML, Root: Tag{Name: "phone-settings"}}, "needs a root element"},
		{&File{Format: XML, Root: Tag{Name: "a"}, Parts: []Part{{Tag: Tag{Name: "a"}}}}, "needs a root element"},
		{&File{Format: XML, Root: Tag{Name: "settings", Attrs: []Attr{{"a b", ""}}}}, `"a b" is not a name`},
		{part("phone-settings", &Setting{}), `"" is not a name`},
		{part("phone-settings", &Setting{Name: "a><b"}), `"a><b" is not a name`},
		{part("phone-settings", &Setting{Name: "1a"}), `"1a" is not a name`},
		{part("phone-settings", &Setting{Name: "a", Value: "\x01"}), "a control character"},
		{part("phone-settings", &Setting{Name: "a", Flag: "\x01"}), "a control character"},
		{part("phone-settings", &Contact{}), "a *settings.Contact is in a part of another kind"},
		{part("setting-files", &Setting{Name: "a"}), "a *settings.Setting is in a part of another kind"},
		{part("phone-book", &FunctionKey{}), "a *settings.FunctionKey is in a part of another kind"},
	} {
		if got, err := c.file.AppendText(nil); err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
			t.Errorf("%s: %q, %v; want %q", dump(c.file), got, err, c.want)
		}
	}
}

// Whatever is in a value comes back.
func TestWriteValues(t *testing.T) {
	const all = " a\r\n\tb &amp; <c d='e' f=\"g\">]]> ä\U0001F600 "
	tag := Tag{Name: "settings", Attrs: []Attr{{"e", all}}}
	f := &File{Format: XML, Root: tag, Parts: []Part{
		{Tag{Name: "phone-settings", Attrs: []Attr{{"e", all}}}, []Entry{&Setting{Name: "a", Index: all, Flag: all, Value: all, Attrs: []Attr{{"x:b", all}}}}},
		{Tag{Name: "function-keys"}, []Entry{&FunctionKey{Index: all, Context: all, Flag: all, Value: all, Attrs: []Attr{{"b", all}}}}},
		{Tag{Name: "phone-book"}, []Entry{&Contact{Context: all, Type: all, Index: all, Fields: []Other{{Name: "a", Value: all, Attrs: []Attr{{"b", all}}}}, Attrs: []Attr{{"b", all}}}}},
		{Tag{Name: "dialplan"}, []Entry{&DialRule{Match: all, Timeout: all, Rewrite: all, User: all, Attrs: []Attr{{"b", all}}}}},
		{Tag{Name: "gui-languages"}, []Entry{&Language{URL: all, Name: all, Attrs: []Attr{{"b", all}}}}},
		{Tag{Name: "phrases"}, []Entry{&Phrase{Index: all, Name: all, Text: all, Attrs: []Attr{{"b", all}}}}},
		{Tag{Name: "firmware-settings"}, []Entry{&Firmware{URL: all, Flag: all, Attrs: []Attr{{"b", all}}}}},
		{Tag{Name: "setting-files"}, []Entry{&NextFile{URL: all, Attrs: []Attr{{"b", all}}}}},
		{Tag{Name: "uploads"}, []Entry{&Other{Name: "a", Value: all, Attrs: []Attr{{"b", all}}}, &Other{Value: strings.TrimSpace(all)}}},
	}}
	text, err := f.AppendText([]byte("kept"))
	if err != nil || !strings.HasPrefix(string(text), "kept<?xml") {
		t.Fatalf("%q, %v", text, err)
	}
	got, err := Read(text[len("kept"):])
	if err != nil || !reflect.DeepEqual(withoutPlaces(got), f) {
		t.Errorf("%v, got\n%s\nwant\n%s", err, dump(got), dump(f))
	}
}
