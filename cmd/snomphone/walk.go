package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Limits on where servers may send the phone.
const (
	maxServers  = 5 // setting servers, each named by the one before
	maxRequests = 64
	maxDepth    = 4 // files that name files; HTTP redirects of one URL
	bootTime    = 2 * time.Minute
)

const settingServer = "setting_server"

// A walk is the state of one boot, from the first URL to the last settings file.
type walk struct {
	phone  phone
	client client
	follow bool        // go on after the first response
	onStep func(*step) // called at the end of each step

	server     string // the phone's setting server as it was given, or ""
	serverStep int    // the step that gave it
	given      []given
	current    map[settingKey]int // the index in given
	steps      []*step
	failed     []*step
}

// boot walks from the URL start to the last file. It returns the error that ended
// the boot, or an error if a step failed or there are no settings.
func (w *walk) boot(ctx context.Context, start string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bootTime, fmt.Errorf("the boot took longer than %v", bootTime))
	defer cancel()
	var visited []string
	for next, why := start, "first boot"; ; next, why = w.server, settingServer {
		url := w.phone.fill(next)
		switch {
		case slices.Contains(visited, url):
			return fmt.Errorf("a loop: step %d sends the phone back to %s, which it has requested before", w.serverStep, url)
		case len(visited) > maxServers:
			return fmt.Errorf("stopped before %s: %d setting servers in a row are the limit", url, maxServers)
		}
		visited = append(visited, url)
		if err := w.request(ctx, next, why, nil); err != nil {
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

// firmware requests the file that names the firmware. It does not fetch the image.
func (w *walk) firmware(ctx context.Context) error {
	const status = "firmware_status"
	for _, g := range w.settings() {
		if g.Name == status && g.Value != "" {
			return w.request(ctx, g.Value, status, nil)
		}
	}
	return nil
}

func (w *walk) result() error {
	foundOther := slices.ContainsFunc(w.steps, func(s *step) bool { return s.Lists != nil || s.Files != nil && !w.follow })
	switch {
	case len(w.failed) == 1:
		return w.failed[0].err()
	case w.failed != nil:
		return fmt.Errorf("%d of %d steps failed; the first is %w", len(w.failed), len(w.steps), w.failed[0].err())
	case len(w.given) == 0 && !foundOther:
		return errors.New("no settings: a phone would try other sources now (PnP, DHCP); register it if it should be redirected")
	}
	return nil
}

// request fetches what a URL means: one file, or the model's file and the phone's
// own, of which one may be missing. The files that led here are in path.
func (w *walk) request(ctx context.Context, given, why string, path []string) error {
	urls, err := w.phone.requests(given)
	if err != nil {
		w.onStep(w.fail(w.begin(w.phone.fill(given), why), err))
		return nil
	}
	var missing []*step
	for _, url := range urls {
		s, err := w.fetch(ctx, url, why, path)
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

// fetch fetches one file, following HTTP redirects, and the files that it names. An
// error ends the boot. If only this file is wrong, the step it returns says so.
func (w *walk) fetch(ctx context.Context, url, why string, path []string) (*step, error) {
	for redirects := 0; ; redirects++ {
		switch {
		case slices.Contains(path, url):
			return nil, fmt.Errorf("a loop: %s names itself, or files that lead back to it", url)
		case len(path) > maxDepth:
			return nil, fmt.Errorf("stopped before %s: files may name files %d deep", url, maxDepth)
		case len(w.steps) == maxRequests:
			return nil, fmt.Errorf("stopped before %s: %d requests are the limit", url, maxRequests)
		}
		s := w.begin(url, why)
		r, err := w.client.get(ctx, url, w.phone.userAgent)
		s.Status, s.Location, s.Bytes = r.status, r.location, len(r.body)
		if ended := context.Cause(ctx); ended != nil {
			return nil, ended
		}
		if err == nil && r.location != "" {
			if _, err = parseURL(r.location); err == nil && redirects < maxDepth {
				w.onStep(s)
				url, why = r.location, fmt.Sprintf("HTTP redirect of %d", s.Number)
				continue
			}
			if err == nil {
				err = fmt.Errorf("%d HTTP redirects in a row are the limit", maxDepth)
			}
		}
		if err == nil {
			err = w.read(s, r)
		}
		if err != nil {
			w.fail(s, err)
		}
		w.onStep(s)
		return s, w.fetchFiles(ctx, s, path)
	}
}

// read stores the settings in a response. A missing file is not an error here.
func (w *walk) read(s *step, got response) error {
	switch got.status {
	case http.StatusNotFound: // request knows whether the file was needed
		return nil
	case http.StatusOK:
		r, err := w.phone.read(got.body)
		if err == nil {
			w.take(s, r)
		}
		return err
	}
	return errors.New("expected status 200")
}

// fetchFiles fetches the files that a step's file names.
func (w *walk) fetchFiles(ctx context.Context, s *step, path []string) error {
	if !w.follow {
		return nil
	}
	for _, file := range s.Files {
		if err := w.request(ctx, file, fmt.Sprintf("file of %d", s.Number), append(slices.Clip(path), s.URL)); err != nil {
			return err
		}
	}
	return nil
}
