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
)

type storm struct {
	Phones int     `placeholder:"N" help:"So many phones (by default as many as --macs holds, else 1000)."`
	Rate   float64 `default:"500" placeholder:"R" help:"Boot so many a second (${default}); 0 is as fast as a thousand at a time can."`
	MACs   string  `name:"macs" placeholder:"RANGE" help:"Take the phones of this range, such as 000413230000-00041323FFFF, and from its start again (by default from all of snom's, model by model)."`
	JSON   bool    `name:"json" help:"Answer programs: one JSON object."`
	URL    string  `arg:"" help:"The redirection service to ask, such as http://localhost:8080."`

	certificates
}

// maxAtOnce bounds how many phones wait for their answers at the same time: a
// service that does not keep up slows the storm down.
const maxAtOnce = 1000

const maxPhones = 100_000_000

// Run boots many phones and tells of their answers.
func (s *storm) Run(ctx context.Context, out output) error {
	phones, n, err := s.crowd()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	u, err := parseArgument(s.URL)
	if err != nil {
		return err
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return fmt.Errorf("%s: expected a URL without a path, for each phone has its own: %w", s.URL, errUsage)
	}
	tls, err := s.tls()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	result := s.boot(ctx, newClient(nil, tls), phones, n, newProgress(out.stderr, n))
	if s.JSON {
		err = writeJSON(out.stdout, result.object())
	} else {
		result.tell(out.stdout)
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

func (s *storm) boot(ctx context.Context, c client, phones func(int) phone, n int, p *progress) *result {
	limit := rate.NewLimiter(rate.Inf, 0)
	if s.Rate > 0 {
		// In portions of up to 10 ms, for a timer is not much finer.
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
				p.at(r.add(outcome, time.Since(begun), err))
			}
			return nil
		})
	}
	_ = g.Wait()
	r.end()
	return r
}

// Outcomes of a phone's first question.
const (
	redirected = "redirected"
	noSettings = "no settings"
	unreadable = "unreadable"
	timedOut   = "timed out"
	notThere   = "connection refused"
	hungUp     = "connection reset"
	noPort     = "no free port here"
	untrusted  = "certificate not trusted"
	otherwise  = "failed otherwise"
)

// firstRequest asks what the phone's firmware asks. The error is what went
// wrong with a phone that got no settings file.
func firstRequest(ctx context.Context, c client, p phone, base string) (outcome string, err error) {
	a, err := c.get(ctx, p.fill(p.hardCoded(base)), p.userAgent)
	if err != nil {
		return cause(err), err
	}
	if a.status != http.StatusOK {
		return "HTTP " + statusText(a.status), errors.New("expected status 200")
	}
	r, err := p.read(a.body)
	switch {
	case err != nil:
		return unreadable, err
	case r.value(settingServer) != "" || len(r.files) > 0:
		return redirected, nil
	}
	return noSettings, nil
}

func cause(err error) string {
	var netError net.Error
	switch {
	case errors.As(err, &netError) && netError.Timeout():
		return timedOut
	case errors.Is(err, syscall.ECONNREFUSED):
		return notThere
	case errors.Is(err, syscall.ECONNRESET):
		return hungUp
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return noPort
	case errors.Is(err, errUntrusted):
		return untrusted
	}
	return otherwise
}
