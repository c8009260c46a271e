package main

import (
	"strings"

	"snomredirect/redirect/settings"
)

// A reply is what snomphone uses of a settings file.
type reply struct {
	xml      bool
	settings []setting
	keys     []setting // function keys, which the phone keeps as settings
	files    []string  // URLs to fetch next, as written
	lists    []list
	skipped  []int // lines of a plain file that are not settings, counted from 1
}

// A setting is a name and a value. Settings with the same name differ in their
// index.
type setting struct {
	Name  string `json:"name"`
	Index string `json:"index,omitempty"`
	Flag  perm   `json:"flag"`
	Value string `json:"value"`
}

// A perm is a flag as snomphone shows it.
type perm settings.Flag

const none = perm(settings.NoFlag)

func (f perm) access() settings.Access { return settings.Flag(f).Access() }

// MarshalText returns the flag as written, or "-" for none.
func (f perm) MarshalText() ([]byte, error) {
	switch settings.Flag(f) {
	case settings.NoFlag:
		f = "-"
	case settings.EmptyFlag:
		f = ""
	}
	return []byte(f), nil
}

// A list is a part of a file that contains something other than settings, such as a
// phone book. Snomphone counts it.
type list struct {
	Name    string `json:"name"`
	Kind    kind   `json:"kind"`
	Entries int    `json:"entries"`
}

// A kind is what a list contains, in the plural.
type kind string

const (
	keys      kind = "keys" // of the phone, with functions
	entries   kind = "entries"
	rules     kind = "rules"
	languages kind = "languages"
	phrases   kind = "phrases"
)

var kinds = map[settings.Kind]kind{
	settings.KeysPart: keys, settings.PhoneBookPart: entries, settings.DialPlanPart: rules,
	settings.LanguagesPart: languages, settings.PhrasesPart: phrases, settings.UploadsPart: entries,
}

// text returns what the list contains, such as "2 entries of phone-book".
func (l list) text() string {
	one := strings.TrimSuffix(string(l.Kind), "s")
	if l.Kind == entries {
		one = "entry"
	}
	return plural(l.Entries, one, string(l.Kind)) + " of " + l.Name
}

// parseReply parses a file in either format. Phones ignore its Content-Type.
func parseReply(text []byte) (reply, error) {
	file, err := settings.Read(text)
	if err != nil {
		return reply{}, err
	}
	r := reply{xml: file.Format == settings.XML}
	for i := range file.Parts {
		r.add(&file.Parts[i])
	}
	return r, nil
}

// add adds a part of a file.
func (r *reply) add(p *settings.Part) {
	n := 0
	for _, entry := range p.Entries {
		n++
		switch e := entry.(type) {
		case *settings.Setting:
			r.settings = append(r.settings, setting{e.Name, e.Index, perm(e.Flag), e.Value})
		case *settings.Firmware:
			r.settings = append(r.settings, setting{"firmware", "", perm(e.Flag), e.URL})
		case *settings.FunctionKey:
			r.keys = append(r.keys, setting{"fkey", e.Index, perm(e.Flag), e.Value})
		case *settings.NextFile:
			if e.URL != "" {
				r.files = append(r.files, e.URL)
			}
		case *settings.Other:
			if e.Name == "" {
				n--
			}
			if !r.xml {
				r.skipped = append(r.skipped, e.Line)
			}
		}
	}
	if kind, ok := kinds[p.Kind()]; ok {
		r.lists = append(r.lists, list{p.Name, kind, n})
	}
}

// value returns the last value of a setting, which is the one that phones use.
func (r reply) value(name string) string {
	for i := len(r.settings) - 1; i >= 0; i-- {
		if s := r.settings[i]; s.Name == name {
			return s.Value
		}
	}
	return ""
}
