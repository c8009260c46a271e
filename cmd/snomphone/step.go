package main

import (
	"cmp"
	"fmt"
)

// A step is one question and what came of it.
type step struct {
	Number   int      `json:"step"`
	Why      string   `json:"why"`
	URL      string   `json:"url"`
	Status   int      `json:"status,omitempty"`
	Location string   `json:"location,omitempty"` // of an HTTP redirect
	Form     string   `json:"form,omitempty"`     // "plain" or "XML"
	Bytes    int      `json:"bytes,omitempty"`
	Settings int      `json:"settings,omitempty"`
	Files    []string `json:"files,omitempty"`
	Lists    []list   `json:"lists,omitempty"`
	Skipped  []int    `json:"skipped_lines,omitempty"`
	Server   *setting `json:"setting_server,omitempty"` // where it gave one
	Ignored  bool     `json:"setting_server_ignored,omitempty"`
	Problem  string   `json:"problem,omitempty"`
}

func (w *walk) begin(url, why string) *step {
	s := &step{Number: len(w.steps) + 1, URL: url, Why: why}
	w.steps = append(w.steps, s)
	return s
}

func (w *walk) fail(s *step, err error) *step {
	s.Problem = err.Error()
	w.failed = append(w.failed, s)
	return s
}

// err is what is wrong with a step that failed.
func (s *step) err() error {
	return fmt.Errorf("step %d, %s: %s", s.Number, s.URL, cmp.Or(s.Problem, statusText(s.Status)))
}

type settingKey struct{ name, index string }

// A given is a setting that the phone was given, and which step it is from.
type given struct {
	setting
	Step int `json:"step"`
	Over int `json:"over,omitempty"` // the step whose value this one replaced
}

// take has the phone remember what a step gave.
func (w *walk) take(s *step, r reply) {
	s.Form = "plain"
	if r.xml {
		s.Form = "XML"
	}
	s.Settings, s.Files, s.Lists, s.Skipped = len(r.settings), r.files, r.lists, r.skipped
	for _, next := range r.settings {
		if next.Name == settingServer {
			s.Server = &next
			// A phone that has a setting server keeps it.
			if s.Ignored = next.Flag.access() == kept && w.server != ""; s.Ignored {
				continue
			}
			w.server, w.serverStep = next.Value, s.Number
		}
		w.remember(next, s.Number)
	}
}

// remember keeps a setting in the place of an older one. Nobody has changed
// settings at a phone on its first boot, so that '!' keeps none of them.
func (w *walk) remember(next setting, number int) {
	g, key := given{setting: next, Step: number}, settingKey{next.Name, next.Index}
	if i, ok := w.newest[key]; ok {
		if g.Over = w.given[i].Step; g.Over == number {
			g.Over = w.given[i].Over
		}
	}
	if w.newest == nil {
		w.newest = map[settingKey]int{}
	}
	w.newest[key] = len(w.given)
	w.given = append(w.given, g)
}

// settings returns the settings that the phone has, step by step.
func (w *walk) settings() []given {
	has := make([]given, 0, len(w.newest))
	for i, g := range w.given {
		if w.newest[settingKey{g.Name, g.Index}] == i {
			has = append(has, g)
		}
	}
	return has
}
