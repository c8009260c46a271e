package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Limits on where servers may lead this phone.
const (
	maxServers   = 5 // setting servers of which one gives the next
	maxQuestions = 64
	maxDepth     = 4 // files that name files; HTTP redirects behind one URL
	bootTime     = 2 * time.Minute
)

const settingServer = "setting_server"

// A walk is one boot under way, from the first URL to the last settings file.
type walk struct {
	phone  phone
	client client
	follow bool        // beyond the first answer
	tell   func(*step) // is called as each step ends

	server     string // the setting server that the phone has, as it was given; or ""
	serverStep int    // the step that gave it
	given      []given
	newest     map[settingKey]int // the index in given
	steps      []*step
	failed     []*step // that should have gone well
}

type settingKey struct{ name, index string }

// A given is a setting that the phone was given, and which step it is from.
type given struct {
	setting
	Step int `json:"step"`
	Over int `json:"over,omitempty"` // the step whose value this one replaced
}

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

// boot walks from the URL given to the last file. The error is what ended it
// before, or that something on the way was not as it should be.
func (w *walk) boot(ctx context.Context, start string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bootTime, fmt.Errorf("the boot took longer than %v", bootTime))
	defer cancel()
	var asked []string
	for next, why := start, "first boot"; ; next, why = w.server, settingServer {
		url := w.phone.fill(next)
		switch {
		case slices.Contains(asked, url):
			return fmt.Errorf("a loop: step %d sends the phone back to %s, which it has asked before", w.serverStep, url)
		case len(asked) > maxServers:
			return fmt.Errorf("the phone stops before %s: %d setting servers, of which one gave the next, are enough", url, maxServers)
		}
		asked = append(asked, url)
		if err := w.ask(ctx, next, why, nil); err != nil {
			return err
		}
		if !w.follow || w.server == "" || w.phone.fill(w.server) == url {
			break
		}
	}
	if w.follow {
		if err := w.firmware(ctx); err != nil {
			return err
		}
	}
	return w.verdict()
}

// firmware asks for the file that names the firmware. The image itself is left
// where it is.
func (w *walk) firmware(ctx context.Context) error {
	const status = "firmware_status"
	for _, g := range w.settings() {
		if g.Name == status && g.Value != "" {
			return w.ask(ctx, g.Value, status, nil)
		}
	}
	return nil
}

func (w *walk) verdict() error {
	named := slices.ContainsFunc(w.steps, func(s *step) bool { return s.Files != nil })
	switch {
	case len(w.failed) == 1:
		return w.failed[0].err()
	case w.failed != nil:
		return fmt.Errorf("%d of %d steps failed; the first is %w", len(w.failed), len(w.steps), w.failed[0].err())
	case len(w.given) == 0 && !named:
		return errors.New("no settings: a phone goes on to look elsewhere (PnP, DHCP); register it, if it should have been sent to a setting server")
	}
	return nil
}

// ask asks for what a URL names, one file or the model's and the phone's own, of
// which a server may lack one. Behind it are the files that led here.
func (w *walk) ask(ctx context.Context, given, why string, behind []string) error {
	urls, err := w.phone.questions(given)
	if err != nil {
		w.tell(w.fail(w.begin(w.phone.fill(given), why), err))
		return nil
	}
	var missing []*step
	for _, url := range urls {
		s, err := w.fetch(ctx, url, why, behind)
		if err != nil {
			return err
		}
		if s.Status == http.StatusNotFound {
			missing = append(missing, s)
		}
	}
	if len(missing) == len(urls) {
		w.failed = append(w.failed, missing...)
	}
	return nil
}

// fetch asks for one file, behind HTTP redirects if need be, and for the files
// that it names. The error ends the boot; what is wrong with this file alone is
// told in its step, which is returned.
func (w *walk) fetch(ctx context.Context, url, why string, behind []string) (*step, error) {
	for redirects := 0; ; redirects++ {
		switch {
		case slices.Contains(behind, url):
			return nil, fmt.Errorf("a loop: %s names itself, or files that lead back to it", url)
		case len(behind) > maxDepth:
			return nil, fmt.Errorf("the phone stops before %s: it is named by files that are named by files, %d deep", url, len(behind))
		case len(w.steps) == maxQuestions:
			return nil, fmt.Errorf("the phone stops before %s: %d questions are enough", url, maxQuestions)
		}
		s := w.begin(url, why)
		a, err := w.client.get(ctx, url, w.phone.userAgent)
		s.Status, s.Location, s.Bytes = a.status, a.location, len(a.body)
		if ended := context.Cause(ctx); ended != nil {
			return nil, ended
		}
		if err == nil && a.location != "" {
			if _, err = parseURL(a.location); err == nil && redirects < maxDepth {
				w.tell(s)
				url, why = a.location, fmt.Sprintf("HTTP redirect of %d", s.Number)
				continue
			}
			if err == nil {
				err = fmt.Errorf("%d HTTP redirects are enough", redirects)
			}
		}
		var r reply
		if err == nil && a.status == http.StatusOK {
			r, err = w.phone.read(a.body)
		} else if err == nil && a.status != http.StatusNotFound {
			err = errors.New("expected status 200")
		}
		if err != nil {
			w.tell(w.fail(s, err))
			return s, nil
		}
		w.take(s, r)
		w.tell(s)
		return s, w.openFiles(ctx, s, behind)
	}
}

func (w *walk) openFiles(ctx context.Context, s *step, behind []string) error {
	if !w.follow {
		return nil
	}
	for _, file := range s.Files {
		if err := w.ask(ctx, file, fmt.Sprintf("file of %d", s.Number), append(slices.Clip(behind), s.URL)); err != nil {
			return err
		}
	}
	return nil
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
