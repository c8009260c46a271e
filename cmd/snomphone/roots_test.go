package main

import (
	"reflect"
	"strings"
	"testing"

	"snomredirect/redirect/boot"
)

// Each part of a settings file is counted as what it is, as a file of its own and
// inside <settings>.
func TestRoots(t *testing.T) {
	phone, err := newPhone(testMAC, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	settings := boot.Reply{XML: true, Settings: []boot.Setting{{Name: "a", Flag: "$", Value: "1"}}}
	of := func(name string, kind boot.Kind, n int) boot.Reply {
		return boot.Reply{XML: true, Lists: []boot.List{{Name: name, Kind: kind, Entries: n}}}
	}
	withKeys := func(name string) boot.Reply {
		r := of(name, boot.Keys, 2)
		r.Keys = []boot.Setting{{Name: "fkey", Index: "0", Flag: "$", Value: "line"}, {Name: "fkey", Index: "1", Flag: "&", Value: "dest <sip:423@tst.org;user=phone>"}}
		return r
	}
	const (
		fkeys = `<fkey idx="0" context="active" perm="$">line</fkey>
			<fkey idx="1" context="1" perm="&amp;">dest &lt;sip:423@tst.org;user=phone&gt;</fkey>`
		items     = `<item context="active" type="none" index="0"><name>Anna</name><number>203</number></item><item><name>Bruno</name></item><item/>`
		templates = `<template match="0." timeout="3" rewrite="" user="phone" /><!-- two --><template match="112" timeout="0" user="phone" />`
		words     = `<language url="http://ss/gui_de.xml" name="Deutsch" />`
		phrase    = `<phrase i="0" n="lang_none" t="" /><phrase i="1" n="lang_one" t="x" />`
	)
	for name, c := range map[string]struct {
		inside string
		want   boot.Reply
		text   string
	}{
		"phone-settings": {`<a perm="$">1</a>`, settings, "1 setting"},
		"function-keys":  {fkeys, withKeys("function-keys"), "2 keys of function-keys"},
		"functionKeys":   {fkeys, withKeys("functionKeys"), "2 keys of functionKeys"},
		"phone-book":     {items, of("phone-book", boot.Entries, 3), "3 entries of phone-book"},
		"tbook":          {items, of("tbook", boot.Entries, 3), "3 entries of tbook"},
		"dialplan":       {templates, of("dialplan", boot.Rules, 2), "2 rules of dialplan"},
		"dial-plan":      {templates, of("dial-plan", boot.Rules, 2), "2 rules of dial-plan"},
		"gui-languages":  {words, of("gui-languages", boot.Languages, 1), "1 language of gui-languages"},
		"web-languages":  {words, of("web-languages", boot.Languages, 1), "1 language of web-languages"},
		"phrases":        {phrase, of("phrases", boot.Phrases, 2), "2 phrases of phrases"},
		"w_phrases":      {phrase, of("w_phrases", boot.Phrases, 2), "2 phrases of w_phrases"},
	} {
		part := "<" + name + " e=\"2\">" + c.inside + "</" + name + ">"
		for _, text := range []string{part, head + part, head + "<settings>\n" + part + "\n</settings>\n"} {
			got, err := phone.Read([]byte(text))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %+v, %v; want %+v", text, got, err, c.want)
			}
			if shown := content(&boot.Step{Settings: len(got.Settings), Lists: got.Lists}); shown != c.text {
				t.Errorf("%s: %q, want %q", text, shown, c.text)
			}
		}
	}
	got, err := phone.Read([]byte(head + "<settings><phone-settings><a perm=\"$\">1</a></phone-settings><function-keys>" + fkeys + "</function-keys><phone-book/><dial-plan>" + templates + "</dial-plan></settings>"))
	want := settings
	want.Keys, want.Lists = withKeys("").Keys, []boot.List{{Name: "function-keys", Kind: boot.Keys, Entries: 2}, {Name: "phone-book", Kind: boot.Entries}, {Name: "dial-plan", Kind: boot.Rules, Entries: 2}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// The phone keeps function keys as settings, but they are counted as keys.
func TestFunctionKeys(t *testing.T) {
	w := newWorld(t)
	w.serve("one.example", site{
		"/" + testMAC: files("http://one.example/y", "http://one.example/z"),
		"/y":          `<function-keys><fkey idx="0" perm="$">line</fkey><fkey idx="1">line</fkey></function-keys>`,
		"/z":          `<settings><phone-settings><a>1</a></phone-settings><function-keys><fkey idx="0" perm="&amp;">speed 1</fkey></function-keys></settings>`,
	})
	b := bootCommand{MAC: testMAC, URL: "http://one.example/{mac}"}
	got, err := w.boot(b)
	for _, want := range []string{"2 keys of function-keys\n", "1 setting, 1 key of function-keys\n", "\n1 setting, 2 keys:\n", "fkey[0]  &  speed 1  (replaces that from 2)"} {
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%v, want %q in\n%s", err, want, got)
		}
	}
	b.JSON = true
	if got, err = w.boot(b); err != nil || !strings.Contains(got, `{"name":"fkey","index":"0","flag":"&","value":"speed 1","key":true,"step":3,"over":2}`) ||
		!strings.Contains(got, `"settings":1,"lists":[{"name":"function-keys","kind":"keys","entries":1}]`) {
		t.Errorf("%v\n%s", err, got)
	}
	b.URL, b.JSON = "http://one.example/y?{mac}", false
	w.serve("one.example", site{"/y?" + testMAC: `<function-keys><fkey idx="0">line</fkey></function-keys>`})
	if got, err = w.boot(b); err != nil || !strings.Contains(got, "\n1 key:\n") {
		t.Errorf("%v\n%s", err, got)
	}
}
