package main

import (
	"cmp"
	"fmt"

	"snomredirect/redirect/settings"
)

// A step is one request and its outcome. It is for showing only, and contains no
// users and passwords for servers.
type step struct {
	Number   int      `json:"step"`
	Why      string   `json:"why"`
	URL      string   `json:"url"`
	Status   int      `json:"status,omitempty"`
	Login    string   `json:"login,omitempty"`    // "Basic" or "Digest", if one was sent
	Location string   `json:"location,omitempty"` // of an HTTP redirect
	Form     string   `json:"form,omitempty"`     // "plain" or "XML"
	Bytes    int      `json:"bytes,omitempty"`
	Settings int      `json:"settings,omitempty"`
	Files    []string `json:"files,omitempty"`
	Lists    []list   `json:"lists,omitempty"`
	Skipped  []int    `json:"skipped_lines,omitempty"`
	Server   *setting `json:"setting_server,omitempty"`
	Ignored  bool     `json:"setting_server_ignored,omitempty"`
	Problem  string   `json:"problem,omitempty"`
}

func (w *walk) begin(url, why string) *step {
	s := &step{Number: len(w.steps) + 1, URL: hideLogin(url), Why: why}
	w.steps = append(w.steps, s)
	return s
}

func (w *walk) fail(s *step, err error) *step {
	s.Problem = hideLogins(err.Error())
	w.failed = append(w.failed, s)
	return s
}

// err returns the error of a failed step.
func (s *step) err() error {
	return fmt.Errorf("step %d, %s: %s", s.Number, s.URL, cmp.Or(s.Problem, statusText(s.Status)))
}

type settingKey struct{ name, index string }

// A given is a setting that the phone was given, as it may be shown, and the step
// that gave it.
type given struct {
	setting
	Key  bool `json:"key,omitempty"` // a function key
	Step int  `json:"step"`
	Over int  `json:"over,omitempty"` // the step whose value this one replaced
}

// take stores what a step gave.
func (w *walk) take(s *step, r reply) {
	s.Form = "plain"
	if r.xml {
		s.Form = "XML"
	}
	s.Settings, s.Lists, s.Skipped = len(r.settings), r.lists, r.skipped
	for _, file := range r.files {
		s.Files = append(s.Files, hideLogin(file))
	}
	for _, next := range r.settings {
		switch next.Name {
		case settingServer:
			server := next.shown()
			s.Server = &server
			// A phone that has a setting server keeps it.
			if s.Ignored = next.Flag.access() == settings.Kept && w.server != ""; s.Ignored {
				continue
			}
			w.server, w.serverStep = next.Value, s.Number
		case firmwareStatus:
			w.firmwareStatus = next.Value
		case httpUser:
			w.clientLogin.user = next.Value
		case httpPassword:
			w.clientLogin.password = next.Value
		}
		w.remember(given{setting: next.shown(), Step: s.Number})
	}
	for _, key := range r.keys {
		w.remember(given{setting: key.shown(), Key: true, Step: s.Number})
	}
}

// remember stores a setting, which replaces an earlier one with the same name and
// index. The flag '!' keeps only values changed at the phone, and on a first boot
// there are none.
func (w *walk) remember(g given) {
	key := settingKey{g.Name, g.Index}
	if i, ok := w.current[key]; ok {
		if g.Over = w.given[i].Step; g.Over == g.Step {
			g.Over = w.given[i].Over
		}
	}
	if w.current == nil {
		w.current = map[settingKey]int{}
	}
	w.current[key] = len(w.given)
	w.given = append(w.given, g)
}

// settings returns the settings that the phone has, in the order of the steps.
func (w *walk) settings() []given {
	has := make([]given, 0, len(w.current))
	for i, g := range w.given {
		if w.current[settingKey{g.Name, g.Index}] == i {
			has = append(has, g)
		}
	}
	return has
}
