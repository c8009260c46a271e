package boot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// A trail is how the phone came to a file.
type trail struct {
	files []string // the files that named each other
	away  bool     // an HTTP redirect led to another server
}

// fetchAny fetches what a URL means: one file, or several of which not all may be
// missing. An err is about the URL.
func (w *Walk) fetchAny(ctx context.Context, from source, urls []string, err error, t trail) error {
	if err != nil {
		w.ended(w.fail(w.begin(w.Phone.Fill(from.url), from), err))
		return nil
	}
	var missing []*Step
	for _, url := range urls {
		s, err := w.fetch(ctx, url, from, t)
		if err != nil {
			return err
		}
		if s.Status == http.StatusNotFound {
			missing = append(missing, s)
		}
	}
	if len(missing) == len(urls) {
		for _, s := range missing {
			s.Missing = true
		}
		w.failed = append(w.failed, missing...)
	}
	return nil
}

// fetch fetches one file, following HTTP redirects, and the files that it names. An
// error ends the boot. If only this file is wrong, the step it returns says so.
func (w *Walk) fetch(ctx context.Context, url string, from source, t trail) (*Step, error) {
	for redirects := 0; ; redirects++ {
		if err := w.mayFetch(url, from, t); err != nil {
			return nil, err
		}
		u, err := ParseURL(url)
		if err != nil {
			return nil, err
		}
		s := w.begin(url, from)
		r, err := w.get(ctx, s, url, u, t.away)
		if ended := context.Cause(ctx); ended != nil {
			return nil, ended
		}
		if err == nil && r.Location != "" {
			next, invalid := ParseURL(r.Location)
			if invalid == nil && redirects < w.Limits.Depth {
				w.ended(s)
				url, from = r.Location, source{r.Location, s.Number, fmt.Sprintf("HTTP redirect of %d", s.Number)}
				t.away = t.away || originOf(next) != originOf(u)
				continue
			}
			if err = invalid; err == nil {
				err = fmt.Errorf("%d HTTP redirects in a row are the limit", w.Limits.Depth)
			}
		}
		var files []string
		if err == nil {
			files, err = w.read(s, r)
		}
		if err != nil {
			w.fail(s, err)
		}
		w.ended(s)
		return s, w.fetchFiles(ctx, files, s, trail{append(slices.Clip(t.files), url), t.away})
	}
}

// mayFetch returns an error if the boot ends before a request.
func (w *Walk) mayFetch(url string, from source, t trail) error {
	switch {
	case slices.Contains(t.files, url):
		return from.stop(Circle, "a loop: %s names itself, or files that lead back to it", HideLogin(url))
	case len(t.files) > w.Limits.Depth:
		return from.stop(TooMuch, "stopped before %s: files may name files %d deep", HideLogin(url), w.Limits.Depth)
	case len(w.Steps) == w.Limits.Requests:
		return from.stop(TooMuch, "stopped before %s: %d requests are the limit", HideLogin(url), w.Limits.Requests)
	case w.bytes >= w.Limits.Total:
		return from.stop(TooMuch, "stopped before %s: %d bytes of files are the limit", HideLogin(url), w.Limits.Total)
	}
	return nil
}

// get sends the request of a step.
func (w *Walk) get(ctx context.Context, s *Step, url string, u *url.URL, away bool) (r Response, err error) {
	if w.Refuse != nil {
		if err := w.Refuse(u); err != nil {
			return r, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, w.Limits.ReplyTime)
	defer cancel()
	limit := min(w.Limits.Reply, w.Limits.Total-w.bytes)
	r, err = w.Client.Get(ctx, url, w.Phone.UserAgent, w.loginFor(u, away), limit)
	w.bytes += len(r.Body)
	s.Status, s.Login, s.Location, s.Bytes = r.Status, r.Scheme, HideLogin(r.Location), len(r.Body)
	return r, err
}

// loginFor returns the login that the phone has for a server: that in the URL, or in
// the URL of the setting server if u has the same origin, or in the settings. The
// last is for no server that an HTTP redirect led to.
func (w *Walk) loginFor(u *url.URL, away bool) Login {
	switch own := LoginOf(u); {
	case own != Login{}:
		return own
	case w.serverLogin != Login{} && originOf(u) == w.origin:
		return w.serverLogin
	case away:
		return Login{}
	}
	return w.clientLogin
}

// read stores the settings in a response, and returns the URLs of the files that it
// names. A missing file is not an error here.
func (w *Walk) read(s *Step, got Response) (files []string, err error) {
	switch got.Status {
	case http.StatusNotFound: // fetchAny knows whether the file was needed
		return nil, nil
	case http.StatusOK:
		if w.OnFile != nil {
			w.OnFile(s, got.Body)
		}
		r, err := w.Phone.Read(got.Body)
		if err != nil {
			return nil, err
		}
		w.take(s, r)
		return r.Files, nil
	}
	return nil, errors.New("expected status 200")
}

// fetchFiles fetches the files that the file of a step names.
func (w *Walk) fetchFiles(ctx context.Context, files []string, s *Step, t trail) error {
	if w.Once {
		return nil
	}
	for _, file := range files {
		if err := w.request(ctx, source{file, s.Number, fmt.Sprintf("file of %d", s.Number)}, t); err != nil {
			return err
		}
	}
	return nil
}
