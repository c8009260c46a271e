package boot

import (
	"snomredirect/redirect/settings"
)

// A Reply is what a walk uses of a settings file.
type Reply struct {
	XML      bool
	Settings []Setting
	Keys     []Setting // function keys, which the phone keeps as settings
	Files    []string  // URLs to fetch next, as written
	Lists    []List
	Skipped  []int // lines of a plain file that are not settings, counted from 1
}

// A Setting is a name and a value. Settings with the same name differ in their
// index.
type Setting struct {
	Name  string `json:"name"`
	Index string `json:"index,omitempty"`
	Flag  Flag   `json:"flag"`
	Value string `json:"value"`
}

// A Flag is a flag of a setting, as results show it.
type Flag settings.Flag

// Access returns what the phone makes of the flag.
func (f Flag) Access() settings.Access { return settings.Flag(f).Access() }

// MarshalText returns the flag as written, or "-" for none.
func (f Flag) MarshalText() ([]byte, error) {
	switch settings.Flag(f) {
	case settings.NoFlag:
		f = "-"
	case settings.EmptyFlag:
		f = ""
	}
	return []byte(f), nil
}

// A List is a part of a file that contains something other than settings, such as a
// phone book. It is only counted.
type List struct {
	Name    string `json:"name"`
	Kind    Kind   `json:"kind"`
	Entries int    `json:"entries"`
}

// A Kind is what a list contains, in the plural.
type Kind string

const (
	Keys      Kind = "keys" // of the phone, with functions
	Entries   Kind = "entries"
	Rules     Kind = "rules"
	Languages Kind = "languages"
	Phrases   Kind = "phrases"
)

var kinds = map[settings.Kind]Kind{
	settings.KeysPart: Keys, settings.PhoneBookPart: Entries, settings.DialPlanPart: Rules,
	settings.LanguagesPart: Languages, settings.PhrasesPart: Phrases, settings.UploadsPart: Entries,
}

// parseReply parses a file in either format. Phones ignore its Content-Type.
func parseReply(text []byte) (Reply, error) {
	file, err := settings.Read(text)
	if err != nil {
		return Reply{}, err
	}
	r := Reply{XML: file.Format == settings.XML}
	for i := range file.Parts {
		r.add(&file.Parts[i])
	}
	return r, nil
}

// add adds a part of a file.
func (r *Reply) add(p *settings.Part) {
	n := 0
	for _, entry := range p.Entries {
		n++
		switch e := entry.(type) {
		case *settings.Setting:
			r.Settings = append(r.Settings, Setting{e.Name, e.Index, Flag(e.Flag), e.Value})
		case *settings.Firmware:
			r.Settings = append(r.Settings, Setting{"firmware", "", Flag(e.Flag), e.URL})
		case *settings.FunctionKey:
			r.Keys = append(r.Keys, Setting{"fkey", e.Index, Flag(e.Flag), e.Value})
		case *settings.NextFile:
			if e.URL != "" {
				r.Files = append(r.Files, e.URL)
			}
		case *settings.Other:
			if e.Name == "" {
				n--
			}
			if !r.XML {
				r.Skipped = append(r.Skipped, e.Line)
			}
		}
	}
	if kind, ok := kinds[p.Kind()]; ok {
		r.Lists = append(r.Lists, List{p.Name, kind, n})
	}
}

// Value returns the last value of a setting, which is the one that phones use.
func (r Reply) Value(name string) string {
	for i := len(r.Settings) - 1; i >= 0; i-- {
		if s := r.Settings[i]; s.Name == name {
			return s.Value
		}
	}
	return ""
}
