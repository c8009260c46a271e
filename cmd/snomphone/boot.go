package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

type boot struct {
	MAC       string `name:"mac" placeholder:"MAC" help:"MAC of the phone, or 3 to 6 digits that replace the last ones of 000413220000 (default: that of --cert)."`
	Model     string `placeholder:"MODEL" help:"Model, such as snom360 (default: by the MAC's range)."`
	Firmware  string `placeholder:"VERSION" help:"Firmware version, such as 7.3.14 (default: the latest known for the model)."`
	UserAgent string `placeholder:"TEXT" help:"Send this User-Agent instead of the one such a phone sends."`
	NoFollow  bool   `help:"Stop after the first reply: show where the phone is redirected without following."`
	JSON      bool   `name:"json" help:"Print one JSON object."`
	URL       string `arg:"" optional:"" default:"http://provisioning.snom.com" help:"URL of the first request (${default}). With a path it is the phone's setting server; without one it replaces the hard-coded host."`

	certificates

	dial dialer // set by tests
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
	w := &walk{phone: p, client: newClient(b.dial, tls), follow: !b.NoFollow, onStep: func(*step) {}}
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
	show := printer{out.stdout}
	show.phone(p)
	w.onStep = show.step
	err = w.boot(ctx, start)
	show.settings(w)
	return err
}

// parseArgument parses the URL on a command line.
func parseArgument(s string) (*url.URL, error) {
	u, err := parseURL(s)
	if err != nil && !errors.Is(err, errOtherScheme) {
		err = fmt.Errorf("%w: %w", err, errUsage)
	}
	return u, err
}
