package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"snomredirect/redirect/boot"
)

type storm struct {
	Phones int     `placeholder:"N" help:"Number of phones (default: all of --macs, or 1000)."`
	Rate   float64 `default:"500" placeholder:"R" help:"Phones per second (${default}); 0 means as fast as possible with 1000 at a time."`
	MACs   string  `name:"macs" placeholder:"RANGE" help:"Range of MACs to use, such as 000413230000-00041323FFFF, starting over at its end (default: the ranges of all snom models but the M3 in turn)."`
	JSON   bool    `name:"json" help:"Print one JSON object."`
	URL    string  `arg:"" help:"Redirection service to test, such as http://localhost:8080."`

	certificates
}

// maxAtOnce bounds how many phones wait for their replies at the same time. A
// service that can't keep up slows the storm down.
const maxAtOnce = 1000

const maxPhones = 100_000_000

// Run boots many phones and prints the result.
func (s *storm) Run(ctx context.Context, out output) error {
	phones, n, err := s.crowd()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	u, err := parseArgument(s.URL)
	if err != nil {
		return err
	}
	if err := refuseSnoms(u); err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	if u.Scheme == "tftp" {
		return fmt.Errorf("%s: expected http or https, by which firmware reaches redirection services: %w", boot.HideLogin(s.URL), errUsage)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return fmt.Errorf("%s: expected a URL without a path: each phone has its own: %w", boot.HideLogin(s.URL), errUsage)
	}
	tls, err := s.tls()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	result := s.boot(ctx, newClient(nil, tls), phones, n, newProgress(out.stderr, n))
	if s.JSON {
		err = writeJSON(out.stdout, result.object())
	} else {
		result.print(out.stdout)
	}
	switch failed := result.failed(); {
	case err != nil:
		return err
	case result.phones() < n:
		return fmt.Errorf("interrupted after %s", plural(result.phones(), "phone"))
	case failed > 0:
		return fmt.Errorf("%s of %s got no settings file", grouped(failed), plural(n, "phone"))
	}
	return nil
}

func (s *storm) boot(ctx context.Context, c boot.Client, phones func(int) boot.Phone, n int, p *progress) *result {
	limit := rate.NewLimiter(rate.Inf, 0)
	if s.Rate > 0 {
		// In bursts of up to 10 ms: timers are not much finer.
		limit = rate.NewLimiter(rate.Limit(s.Rate), max(1, int(s.Rate/100)))
	}
	r := newResult()
	defer p.end()
	var g errgroup.Group
	g.SetLimit(maxAtOnce)
	for i := range n {
		if limit.Wait(ctx) != nil || ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			phone := phones(i)
			begun := time.Now()
			outcome, err := firstRequest(ctx, c, phone, s.URL)
			if ctx.Err() == nil {
				p.add(r.add(outcome, time.Since(begun), err))
			}
			return nil
		})
	}
	_ = g.Wait()
	r.end()
	return r
}

// Outcomes of a phone's first request.
const (
	redirected = "redirected"
	noSettings = "no settings"
	unreadable = "unreadable"
	timedOut   = "timed out"
	refused    = "connection refused"
	reset      = "connection reset"
	noPort     = "no free port here"
	untrusted  = "certificate not trusted"
	otherError = "failed otherwise"
)

// firstRequest sends the request that the phone's firmware has hard-coded. If the
// phone gets no settings file, it returns an error too.
func firstRequest(ctx context.Context, c boot.Client, p boot.Phone, base string) (outcome string, err error) {
	first := p.Fill(p.HardCoded(base))
	u, err := boot.ParseURL(first)
	if err != nil {
		return otherError, err
	}
	ctx, cancel := context.WithTimeout(ctx, boot.Patient.ReplyTime)
	defer cancel()
	got, err := c.Get(ctx, first, p.UserAgent, boot.LoginOf(u), boot.Patient.Reply)
	if err != nil && got.Status != http.StatusUnauthorized {
		return outcomeOf(err), err
	}
	if got.Status != http.StatusOK {
		if err == nil {
			err = errors.New("expected status 200")
		}
		return "HTTP " + boot.StatusText(got.Status), err
	}
	r, err := p.Read(got.Body)
	switch {
	case err != nil:
		return unreadable, err
	case r.Value("setting_server") != "" || len(r.Files) > 0:
		return redirected, nil
	}
	return noSettings, nil
}

// outcomeOf returns the outcome of a request without a response.
func outcomeOf(err error) string {
	var netError net.Error
	switch {
	case errors.As(err, &netError) && netError.Timeout():
		return timedOut
	case errors.Is(err, syscall.ECONNREFUSED):
		return refused
	case errors.Is(err, syscall.ECONNRESET):
		return reset
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return noPort
	case errors.Is(err, boot.ErrUntrusted):
		return untrusted
	}
	return otherError
}
