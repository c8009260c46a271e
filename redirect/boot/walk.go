// Package boot plays a snom phone's first boot: which URLs it requests, what it gets, and
// where it is sent.
//
// A [Walk] begins at the redirection service or at a setting server, and requests what a
// phone would. It connects to nothing by itself: its caller gives it a
// [net/http.RoundTripper], and limits.
package boot

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Limits bound what a [Walk] does, wherever servers send it.
type Limits struct {
	Time      time.Duration // for all
	ReplyTime time.Duration // for one request
	Reply     int           // bytes of one file
	Total     int           // bytes of all files
	Requests  int
	Servers   int // setting servers, each named by the one before
	Depth     int // files that name files; HTTP redirects of one URL
}

// Patient are limits for a person who waits for the result.
var Patient = Limits{
	Time: 2 * time.Minute, ReplyTime: 10 * time.Second,
	Reply: 1 << 20, Total: 64 << 20, Requests: 64, Servers: 5, Depth: 4,
}

// Settings that lead the phone on.
const (
	settingServer  = "setting_server"
	firmwareStatus = "firmware_status"
	httpUser       = "http_client_user"
	httpPassword   = "http_client_pass"
)

// A Walk is one boot, from the first URL to the last settings file. Phone, Client and
// Limits must be set.
type Walk struct {
	Phone  Phone
	Client Client
	Limits Limits
	Once   bool // end after the first response of the redirection service, or of each other way
	// Others are the ways to a setting server, in their order, of a phone that began at
	// the redirection service, if no other setting server has answered.
	Others []Finder

	// Refuse may return an error for a URL, which then is not requested. If nil, all are.
	Refuse func(*url.URL) error
	// OnStep is called at the end of each step, and OnFile before that with the content
	// of its file, if it has one. Either may be nil.
	OnStep func(*Step)
	OnFile func(s *Step, text []byte)

	Steps []*Step // so far

	server     string // the phone's setting server as it was given, or ""
	serverStep int    // the step that gave it

	firmwareStatus string
	firmwareStep   int    // the step that gave it
	clientLogin    Login  // in http_client_user and http_client_pass
	origin         string // of the setting server that the phone has requested last
	serverLogin    Login  // in the URL of that setting server

	given   []Given
	current map[settingKey]int // the index in given
	failed  []*Step
	bytes   int // of all files
}

// A source is where the phone has a URL from.
type source struct {
	url  string // as written
	step int    // the number of the step that gave it, or 0
	why  string
}

// FromService boots a phone that has no setting server yet: its first request is the one
// that its firmware has hard-coded, to base in place of provisioning.snom.com. It returns
// the error that ended the boot, which may be a [*Stop], or an error if a step failed or
// the phone has got no settings.
func (w *Walk) FromService(ctx context.Context, base string) error {
	return w.boot(ctx, w.Phone.HardCoded(base), w.find)
}

// FromServer boots a phone that has the setting server url. It returns what FromService
// does.
func (w *Walk) FromServer(ctx context.Context, url string) error {
	w.server = url
	return w.boot(ctx, url, func(context.Context) error { return nil })
}

// boot requests a URL and all that it leads to, and then what find does.
func (w *Walk) boot(ctx context.Context, start string, find func(context.Context) error) error {
	limit := w.Limits.Time
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &Stop{Why: TooMuch, text: fmt.Sprintf("the boot took longer than %v", limit)})
	defer cancel()
	if err := w.follow(ctx, source{start, 0, "first boot"}); err != nil {
		return err
	}
	if err := find(ctx); err != nil {
		return err
	}
	if !w.Once {
		if err := w.firmware(ctx); err != nil {
			return err
		}
	}
	return w.result()
}

// follow requests a setting server, and those that it names.
func (w *Walk) follow(ctx context.Context, start source) error {
	var visited []string
	for next := start; ; next = (source{w.server, w.serverStep, settingServer}) {
		url := w.Phone.Fill(next.url)
		switch {
		case slices.Contains(visited, url):
			return next.stop(ServerLoop, "a loop: step %d sends the phone back to %s, which it has requested before", next.step, HideLogin(url))
		case len(visited) > w.Limits.Servers:
			return next.stop(TooMuch, "stopped before %s: %d setting servers in a row are the limit", HideLogin(url), w.Limits.Servers)
		}
		visited = append(visited, url)
		if err := w.requestServer(ctx, next); err != nil {
			return err
		}
		if w.Once || w.server == "" || w.Phone.Fill(w.server) == url {
			return nil
		}
	}
}

// firmware requests the file that names the firmware. It does not fetch the image.
func (w *Walk) firmware(ctx context.Context) error {
	if w.firmwareStatus == "" {
		return nil
	}
	return w.request(ctx, source{w.firmwareStatus, w.firmwareStep, firmwareStatus}, trail{})
}

// requestServer fetches the files of a setting server.
func (w *Walk) requestServer(ctx context.Context, from source) error {
	if u, err := ParseURL(w.Phone.Fill(from.url)); err == nil {
		w.origin, w.serverLogin = originOf(u), LoginOf(u)
	}
	urls, err := w.Phone.serverRequests(from.url)
	return w.fetchAny(ctx, from, urls, err, trail{})
}

// request fetches the file that another file names.
func (w *Walk) request(ctx context.Context, from source, t trail) error {
	urls, err := w.Phone.requests(from.url)
	return w.fetchAny(ctx, from, urls, err, t)
}

func (w *Walk) ended(s *Step) {
	if w.OnStep != nil {
		w.OnStep(s)
	}
}
