package boot

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Finder is a way in which a phone finds a setting server if it was not redirected.
type Finder struct {
	Name string // such as "PnP" or "DHCP option 66"
	URL  string // of the setting server; if "", Ask finds it
	// Ask asks for the URL of the setting server, and returns the address of the host
	// that answered too. Asked is whom it asks, as a URL.
	Ask   func(context.Context) (url, from string, err error)
	Asked string
}

// find goes on with the other ways to a setting server, in their order, until one of them
// leads to one that answers. What failed before is then no failure of the boot.
func (w *Walk) find(ctx context.Context) error {
	var failed []*Step
	for i, done := 0, w.redirected(); !done; i++ {
		if i == len(w.Others) {
			w.failed = append(failed, w.failed...)
			return nil
		}
		failed = append(failed, w.failed...)
		w.failed = nil
		before := len(w.Steps)
		if from, found := w.ask(ctx, w.Others[i]); found {
			w.server, w.serverStep = from.url, from.step
			if err := w.follow(ctx, from); err != nil {
				return err
			}
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		done = slices.ContainsFunc(w.Steps[before:], (*Step).answered)
	}
	return nil
}

// redirected reports whether another setting server than the redirection service has
// answered. If only that is requested, it reports whether its reply names one.
func (w *Walk) redirected() bool {
	n := 0
	for _, s := range w.Steps {
		if s.answered() {
			n++
		}
		if w.Once && (s.Server != nil || s.Files != nil) {
			return true
		}
	}
	return n > 1
}

// answered reports whether the response was a settings file.
func (s *Step) answered() bool { return s.Form != "" }

// ask returns the setting server that a finder finds.
func (w *Walk) ask(ctx context.Context, f Finder) (from source, found bool) {
	if f.URL != "" {
		return source{f.URL, 0, f.Name}, true
	}
	s := w.begin(f.Asked, source{f.Asked, 0, f.Name})
	url, answered, err := f.Ask(ctx)
	if err != nil {
		w.fail(s, err)
	} else {
		s.Found, s.FoundBy = HideLogin(url), answered
	}
	w.ended(s)
	return source{url, s.Number, fmt.Sprintf("setting server of %d", s.Number)}, err == nil
}

// othersText names the other ways.
func (w *Walk) othersText() string {
	var names []string
	for _, f := range w.Others {
		names = append(names, f.Name)
	}
	return strings.Join(names, " or ")
}
