package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"snomredirect/redirect/boot"
)

type bootCommand struct {
	MAC       string `name:"mac" placeholder:"MAC" help:"MAC of the phone, or 3 to 6 digits that replace the last ones of 000413220000 (default: that of --cert)."`
	Model     string `placeholder:"MODEL" help:"Model, such as snom360 (default: by the MAC's range)."`
	Firmware  string `placeholder:"VERSION" help:"Firmware version, such as 7.3.14 (default: the latest known for the model)."`
	UserAgent string `placeholder:"TEXT" help:"Send this User-Agent instead of the one such a phone sends."`
	NoFollow  bool   `help:"Stop after the first reply: show where the phone is redirected without following."`
	JSON      bool   `name:"json" help:"Print one JSON object."`
	Real      bool   `help:"Also request provisioning.snom.com and secure-provisioning.snom.com: snom's own service, unless your DNS server resolves these names to yours."`
	URL       string `arg:"" optional:"" default:"http://provisioning.snom.com" help:"URL of the first request (${default}). With a path or tftp it is the phone's setting server; otherwise it replaces the hard-coded host."`

	finders
	certificates

	dial boot.Dialer // set by tests
}

// Run boots a phone.
func (b *bootCommand) Run(ctx context.Context, out output) error {
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
	u, err := parseArgument(p.Fill(b.URL))
	if err != nil {
		return err
	}
	refuse := refuseSnoms
	if b.Real {
		refuse = nil
	} else if err := refuse(u); err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	others, err := b.of(p)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	w := &boot.Walk{Phone: p, Client: newClient(b.dial, tls), Limits: boot.Patient, Once: b.NoFollow, Others: others, Refuse: refuse}
	walk := w.FromServer
	if u.Scheme != "tftp" && u.Path == "" && u.RawQuery == "" {
		walk = w.FromService
	} else if others != nil {
		return fmt.Errorf("%s: --pnp and --dhcp-66 are for a phone without a setting server: expected a URL without a path: %w", boot.HideLogin(b.URL), errUsage)
	}
	if b.JSON {
		err = walk(ctx, b.URL)
		return errors.Join(writeJSON(out.stdout, objectOf(w)), err)
	}
	show := printer{out.stdout}
	show.phone(p)
	w.OnStep = show.step
	err = walk(ctx, b.URL)
	show.settings(w)
	return err
}

// parseArgument parses the URL on a command line.
func parseArgument(s string) (*url.URL, error) {
	u, err := boot.ParseURL(s)
	if err != nil && !errors.Is(err, boot.ErrOtherScheme) {
		err = fmt.Errorf("%w: %w", err, errUsage)
	}
	return u, err
}
