package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

type boot struct {
	MAC       string `name:"mac" placeholder:"MAC" help:"The phone's MAC, or its last 3 to 6 digits behind 000413220000 (by default the one that --cert is for)."`
	Model     string `placeholder:"MODEL" help:"Its model, such as snom360 (by default the one whose range the MAC is in)."`
	Firmware  string `placeholder:"VERSION" help:"Its firmware, such as 7.3.14 (by default the newest seen at that model)."`
	UserAgent string `placeholder:"TEXT" help:"Send this User-Agent and not that of such a phone."`
	NoFollow  bool   `help:"Stop after the first answer: see where the phone is sent, and do not go there."`
	JSON      bool   `name:"json" help:"Answer programs: one JSON object."`
	URL       string `arg:"" optional:"" default:"http://provisioning.snom.com" help:"What the phone asks first (${default}): with a path as its setting server, without one in the place of the hard-coded one."`

	certificates

	dial dialer // of tests
}

// Run boots a phone.
func (b *boot) Run(ctx context.Context, out output) error {
	tls, err := b.tls()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	mac := b.MAC
	if mac == "" {
		if mac, err = macOf(tls); err != nil {
			return fmt.Errorf("%w: %w", err, errUsage)
		}
	}
	p, err := newPhone(mac, b.Model, b.Firmware, b.UserAgent)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	u, err := parseArgument(p.fill(b.URL))
	if err != nil {
		return err
	}
	w := &walk{phone: p, client: newClient(b.dial, tls), follow: !b.NoFollow, tell: func(*step) {}}
	start := b.URL
	if u.Path == "" && u.RawQuery == "" {
		start = p.hardCoded(b.URL)
	} else {
		w.server = start
	}
	if b.JSON {
		err = w.boot(ctx, start)
		return errors.Join(writeJSON(out.stdout, w.object()), err)
	}
	t := printer{out.stdout}
	t.phone(p)
	w.tell = t.step
	err = w.boot(ctx, start)
	t.settings(w)
	return err
}

// parseArgument reads the URL of a command line.
func parseArgument(s string) (*url.URL, error) {
	u, err := parseURL(s)
	if err != nil && !errors.Is(err, errOtherScheme) {
		err = fmt.Errorf("%w: %w", err, errUsage)
	}
	return u, err
}
