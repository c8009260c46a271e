package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Limits on where servers may lead this phone.
const (
	maxServers  = 5 // setting servers of which one gives the next
	maxRequests = 64
	maxDepth    = 4 // files that name files; HTTP redirects behind one URL
	bootTime    = 2 * time.Minute
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
	return w.result()
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

func (w *walk) result() error {
	something := slices.ContainsFunc(w.steps, func(s *step) bool { return s.Lists != nil || s.Files != nil && !w.follow })
	switch {
	case len(w.failed) == 1:
		return w.failed[0].err()
	case w.failed != nil:
		return fmt.Errorf("%d of %d steps failed; the first is %w", len(w.failed), len(w.steps), w.failed[0].err())
	case len(w.given) == 0 && !something:
		return errors.New("no settings: a phone goes on to look elsewhere (PnP, DHCP); register it, if it should have been sent to a setting server")
	}
	return nil
}

// ask asks for what a URL names, one file or the model's and the phone's own, of
// which a server may lack one. Behind it are the files that led here.
func (w *walk) ask(ctx context.Context, given, why string, behind []string) error {
	urls, err := w.phone.requests(given)
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
		case len(w.steps) == maxRequests:
			return nil, fmt.Errorf("the phone stops before %s: %d questions are enough", url, maxRequests)
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
		if err == nil {
			err = w.read(s, a)
		}
		if err != nil {
			w.fail(s, err)
		}
		w.tell(s)
		return s, w.openFiles(ctx, s, behind)
	}
}

// read has the phone remember what is in an answer, if it is one.
func (w *walk) read(s *step, a answer) error {
	switch a.status {
	case http.StatusNotFound: // ask knows whether it had to be there
		return nil
	case http.StatusOK:
		r, err := w.phone.read(a.body)
		if err == nil {
			w.take(s, r)
		}
		return err
	}
	return errors.New("expected status 200")
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
