package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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

// Settings that lead the phone on.
const (
	settingServer  = "setting_server"
	firmwareStatus = "firmware_status"
	httpUser       = "http_client_user"
	httpPassword   = "http_client_pass"
)

// A walk is the state of one boot, from the first URL to the last settings file.
type walk struct {
	phone  phone
	client client
	follow bool        // go on after the first response
	onStep func(*step) // called at the end of each step

	server     string // the phone's setting server as it was given, or ""
	serverStep int    // the step that gave it

	firmwareStatus string
	clientLogin    login  // in http_client_user and http_client_pass
	origin         string // of the setting server that the phone has requested last
	serverLogin    login  // in the URL of that setting server

	given   []given
	current map[settingKey]int // the index in given
	steps   []*step
	failed  []*step
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
			return fmt.Errorf("a loop: step %d sends the phone back to %s, which it has requested before", w.serverStep, hideLogin(url))
		case len(visited) > maxServers:
			return fmt.Errorf("stopped before %s: %d setting servers in a row are the limit", hideLogin(url), maxServers)
		}
		visited = append(visited, url)
		if err := w.requestServer(ctx, next, why); err != nil {
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
	if w.firmwareStatus == "" {
		return nil
	}
	return w.request(ctx, w.firmwareStatus, firmwareStatus, trail{})
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

// A trail is how the phone came to a file.
type trail struct {
	files []string // the files that named each other
	away  bool     // an HTTP redirect led to another server
}

// requestServer fetches the files of a setting server.
func (w *walk) requestServer(ctx context.Context, given, why string) error {
	if u, err := parseURL(w.phone.fill(given)); err == nil {
		w.origin, w.serverLogin = originOf(u), loginOf(u)
	}
	urls, err := w.phone.serverRequests(given)
	return w.fetchAny(ctx, given, urls, err, why, trail{})
}

// request fetches the file that another file names.
func (w *walk) request(ctx context.Context, given, why string, t trail) error {
	urls, err := w.phone.requests(given)
	return w.fetchAny(ctx, given, urls, err, why, t)
}

// fetchAny fetches what a URL means: one file, or several of which not all may be
// missing. An err is about the URL.
func (w *walk) fetchAny(ctx context.Context, given string, urls []string, err error, why string, t trail) error {
	if err != nil {
		w.onStep(w.fail(w.begin(w.phone.fill(given), why), err))
		return nil
	}
	var missing []*step
	for _, url := range urls {
		s, err := w.fetch(ctx, url, why, t)
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
func (w *walk) fetch(ctx context.Context, url, why string, t trail) (*step, error) {
	for redirects := 0; ; redirects++ {
		switch {
		case slices.Contains(t.files, url):
			return nil, fmt.Errorf("a loop: %s names itself, or files that lead back to it", hideLogin(url))
		case len(t.files) > maxDepth:
			return nil, fmt.Errorf("stopped before %s: files may name files %d deep", hideLogin(url), maxDepth)
		case len(w.steps) == maxRequests:
			return nil, fmt.Errorf("stopped before %s: %d requests are the limit", hideLogin(url), maxRequests)
		}
		u, err := parseURL(url)
		if err != nil {
			return nil, err
		}
		s := w.begin(url, why)
		r, err := w.client.get(ctx, url, w.phone.userAgent, w.loginFor(u, t.away))
		s.Status, s.Login, s.Location, s.Bytes = r.status, r.scheme, hideLogin(r.location), len(r.body)
		if ended := context.Cause(ctx); ended != nil {
			return nil, ended
		}
		if err == nil && r.location != "" {
			next, invalid := parseURL(r.location)
			if invalid == nil && redirects < maxDepth {
				w.onStep(s)
				url, why = r.location, fmt.Sprintf("HTTP redirect of %d", s.Number)
				t.away = t.away || originOf(next) != originOf(u)
				continue
			}
			if err = invalid; err == nil {
				err = fmt.Errorf("%d HTTP redirects in a row are the limit", maxDepth)
			}
		}
		var files []string
		if err == nil {
			files, err = w.read(s, r)
		}
		if err != nil {
			w.fail(s, err)
		}
		w.onStep(s)
		return s, w.fetchFiles(ctx, files, s, trail{append(slices.Clip(t.files), url), t.away})
	}
}

// loginFor returns the login that the phone has for a server: that in the URL, or in
// the URL of the setting server if u has the same origin, or in the settings. The
// last is for no server that an HTTP redirect led to.
func (w *walk) loginFor(u *url.URL, away bool) login {
	switch own := loginOf(u); {
	case own != login{}:
		return own
	case w.serverLogin != login{} && originOf(u) == w.origin:
		return w.serverLogin
	case away:
		return login{}
	}
	return w.clientLogin
}

// read stores the settings in a response, and returns the URLs of the files that it
// names. A missing file is not an error here.
func (w *walk) read(s *step, got response) (files []string, err error) {
	switch got.status {
	case http.StatusNotFound: // fetchAny knows whether the file was needed
		return nil, nil
	case http.StatusOK:
		r, err := w.phone.read(got.body)
		if err != nil {
			return nil, err
		}
		w.take(s, r)
		return r.files, nil
	}
	return nil, errors.New("expected status 200")
}

// fetchFiles fetches the files that the file of a step names.
func (w *walk) fetchFiles(ctx context.Context, files []string, s *step, t trail) error {
	if !w.follow {
		return nil
	}
	for _, file := range files {
		if err := w.request(ctx, file, fmt.Sprintf("file of %d", s.Number), t); err != nil {
			return err
		}
	}
	return nil
}
