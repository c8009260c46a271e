package boot

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"snomredirect/redirect/settings"
)

// A Step is one request and its outcome. It contains no users and passwords for servers,
// except in Named.
type Step struct {
	Number   int      `json:"step"`
	Why      string   `json:"why"`
	URL      string   `json:"url"`
	Status   int      `json:"status,omitempty"`   // over TFTP 200, or 404 for a missing file
	Login    string   `json:"login,omitempty"`    // "Basic" or "Digest", if one was sent
	Location string   `json:"location,omitempty"` // of an HTTP redirect
	Form     string   `json:"form,omitempty"`     // "plain" or "XML"
	Bytes    int      `json:"bytes,omitempty"`
	Settings int      `json:"settings,omitempty"`
	Files    []string `json:"files,omitempty"`
	Lists    []List   `json:"lists,omitempty"`
	Skipped  []int    `json:"skipped_lines,omitempty"`
	Server   *Setting `json:"setting_server,omitempty"`
	Ignored  bool     `json:"setting_server_ignored,omitempty"`
	Found    string   `json:"found,omitempty"`    // the setting server, if this was a question for it
	FoundBy  string   `json:"found_by,omitempty"` // the address of the host that answered
	Problem  string   `json:"problem,omitempty"`

	From    int    `json:"-"` // the number of the step that gave the URL, or 0
	Named   string `json:"-"` // the URL as it is written there
	Missing bool   `json:"-"` // status 404, and no other file instead
	Err     error  `json:"-"` // what Problem says
}

func (w *Walk) begin(url string, from source) *Step {
	s := &Step{Number: len(w.Steps) + 1, URL: HideLogin(url), Why: from.why, From: from.step, Named: from.url}
	w.Steps = append(w.Steps, s)
	return s
}

func (w *Walk) fail(s *Step, err error) *Step {
	s.Err, s.Problem = err, HideLogins(err.Error())
	w.failed = append(w.failed, s)
	return s
}

// err returns the error of a failed step.
func (s *Step) err() error {
	return fmt.Errorf("step %d, %s: %s", s.Number, s.URL, cmp.Or(s.Problem, s.StatusText()))
}

// StatusText returns the status of the response, such as "404 Not Found".
func (s *Step) StatusText() string {
	switch {
	case !strings.HasPrefix(s.URL, "tftp:"):
		return StatusText(s.Status)
	case s.Status == http.StatusNotFound:
		return "file not found"
	}
	return "received"
}

type settingKey struct{ name, index string }

// A Given is a setting that the phone was given, as it may be shown, and the step
// that gave it.
type Given struct {
	Setting
	Key  bool `json:"key,omitempty"` // a function key
	Step int  `json:"step"`
	Over int  `json:"over,omitempty"` // the step whose value this one replaced
}

// take stores what a step gave.
func (w *Walk) take(s *Step, r Reply) {
	s.Form = "plain"
	if r.XML {
		s.Form = "XML"
	}
	s.Settings, s.Lists, s.Skipped = len(r.Settings), r.Lists, r.Skipped
	for _, file := range r.Files {
		s.Files = append(s.Files, HideLogin(file))
	}
	for _, next := range r.Settings {
		switch next.Name {
		case settingServer:
			server := next.shown()
			s.Server = &server
			// A phone that has a setting server keeps it.
			if s.Ignored = next.Flag.Access() == settings.Kept && w.server != ""; s.Ignored {
				continue
			}
			w.server, w.serverStep = next.Value, s.Number
		case firmwareStatus:
			w.firmwareStatus, w.firmwareStep = next.Value, s.Number
		case httpUser:
			w.clientLogin.user = next.Value
		case httpPassword:
			w.clientLogin.password = next.Value
		}
		w.remember(Given{Setting: next.shown(), Step: s.Number})
	}
	for _, key := range r.Keys {
		w.remember(Given{Setting: key.shown(), Key: true, Step: s.Number})
	}
}

// remember stores a setting, which replaces an earlier one with the same name and
// index. The flag '!' keeps only values changed at the phone, and on a first boot
// there are none.
func (w *Walk) remember(g Given) {
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

// Settings returns the settings that the phone has, in the order of the steps.
func (w *Walk) Settings() []Given {
	has := make([]Given, 0, len(w.current))
	for i, g := range w.given {
		if w.current[settingKey{g.Name, g.Index}] == i {
			has = append(has, g)
		}
	}
	return has
}
