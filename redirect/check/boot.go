package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// A Way is how [Checker.Boot] requests files.
type Way struct {
	MAC       macaddr.Addr
	Transport http.RoundTripper // such as [boot.NewTransport] returns
	Limits    boot.Limits
	// Findings is how many findings about files are returned, errors first. If 0, all.
	Findings int
}

// Boot plays the first boot of the Checker's phone, which has the setting server url, and
// checks each file that it gets. It fetches no firmware image. Findings call a file by its
// URL, without a user and a password. Boot returns the number of requests too, and an
// error if ctx ends, or if no boot of this phone can be played.
func (c *Checker) Boot(ctx context.Context, way Way, url string) (findings []Finding, requests int, err error) {
	firmware := ""
	if v := c.Phone.Firmware; v != (settings.Version{}) {
		firmware = fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2])
	}
	phone, err := boot.NewPhone(way.MAC, c.Phone.Model, firmware)
	if err != nil {
		return nil, 0, err
	}
	b := booting{Checker: c, most: way.Findings, documents: map[int]document{}, checked: map[string]bool{}}
	walk := boot.Walk{Phone: phone, Client: boot.Client{Transport: way.Transport}, Limits: way.Limits, Refuse: c.refuse, OnFile: b.file}
	ended := walk.FromServer(ctx, url)
	if err := ctx.Err(); err != nil {
		return nil, len(walk.Steps), err
	}
	b.steps = walk.Steps
	for _, s := range walk.Steps {
		b.step(s)
	}
	if stop := (*boot.Stop)(nil); errors.As(ended, &stop) {
		b.stopped(stop)
	}
	sortFindings(b.findings)
	return b.findings, len(walk.Steps), nil
}

// refuse refuses the redirection service itself, which is no setting server.
func (c *Checker) refuse(u *url.URL) error {
	_, err := c.PublicNames.ParseURL(u.Scheme + "://" + u.Host)
	if errors.Is(err, store.ErrPointsBack) {
		return store.ErrPointsBack
	}
	return nil
}

// A booting is the check of a boot.
type booting struct {
	*Checker
	most      int
	steps     []*boot.Step
	documents map[int]document // by step
	checked   map[string]bool  // by name
	findings  []Finding
}

// nameOf returns what findings call the file of a step.
func nameOf(s *boot.Step) string { return withoutLogin(s.URL) }

// withoutLogin returns a URL without a user and a password.
func withoutLogin(url string) string {
	return strings.Replace(boot.HideLogin(url), "://***@", "://", 1)
}

func problemOf(s *boot.Step) string {
	switch {
	case s.Problem == "":
		return s.StatusText()
	case s.Status >= 400:
		return s.StatusText() + ": " + s.Problem
	}
	return s.Problem
}

// file checks the file of a step.
func (b *booting) file(s *boot.Step, text []byte) {
	name := nameOf(s)
	d := b.read(name, text)
	if !b.checked[name] {
		b.checked[name] = true
		b.findings = append(b.findings, d.findings...)
		if scheme, _, _ := strings.Cut(name, ":"); isClear(scheme) {
			b.findings = append(b.findings, d.secrets...)
		}
		if b.most > 0 && len(b.findings) > b.most {
			slices.SortStableFunc(b.findings, func(x, y Finding) int { return cmp.Compare(rank[x.Severity], rank[y.Severity]) })
			b.findings = slices.Clone(b.findings[:b.most])
		}
	}
	d.findings, d.secrets = nil, nil
	b.documents[s.Number] = d
}

// isClear reports whether everybody on the way can read what is requested with a scheme.
func isClear(scheme string) bool { return scheme == "http" || scheme == "tftp" }

var rank = map[Severity]int{Error: 0, Warning: 1, Hint: 2}

// step adds what is wrong with a request.
func (b *booting) step(s *boot.Step) {
	d, read := b.documents[s.Number]
	switch {
	case read: // the file's own findings say what is wrong with it
		by := func(n *settings.NextFile) bool { return n.URL == s.Named }
		if d.isFirmware && slices.ContainsFunc(b.documents[s.From].named, by) {
			b.add(s, s.From, s.Named, Error, FirmwareInContainer, firmwareInContainer, nameOf(s))
		}
	case errors.Is(s.Err, boot.ErrOtherScheme):
		b.add(s, s.From, s.Named, Hint, NotFollowed, "%s is not requested in this check, only http, https and tftp URLs are: check it by other means", nameOf(s))
	case errors.Is(s.Err, store.ErrPointsBack):
		b.add(s, s.From, s.Named, Error, LeadsBack, "%s leads back to the redirection service: write a URL of your own setting server", nameOf(s))
	case s.Err != nil, s.Missing:
		what := "it"
		if s.From > 0 {
			what = nameOf(s)
		}
		b.add(s, s.From, s.Named, Error, FailedRequest, "phones get nothing from %s: %s", what, problemOf(s))
	}
}

// stopped adds why the boot came to no end.
func (b *booting) stopped(stop *boot.Stop) {
	last := &boot.Step{}
	if n := len(b.steps); n > 0 {
		last = b.steps[n-1]
	}
	switch stop.Why {
	case boot.ServerLoop:
		b.add(last, stop.From, stop.Named, Error, LeadsBack, "%s leads back to where the phone has been before, and it never comes to an end: write a URL whose files name no other setting server", withoutLogin(stop.Named))
	case boot.Circle:
		b.add(last, stop.From, stop.Named, Error, Circle, "a circle of containers, in which phones never come to an end: %s leads back to itself", withoutLogin(stop.Named))
	default:
		b.add(last, stop.From, stop.Named, Error, FailedRequest, "the rest is not checked: %v", stop)
	}
}

// add adds a finding at the place where step number from names a URL, or about the file
// of s if no step does.
func (b *booting) add(s *boot.Step, from int, named string, severity Severity, rule Rule, format string, args ...any) {
	f := Finding{File: nameOf(s), Severity: severity, Rule: rule, Text: sprintf(format, args...)}
	if from > 0 {
		at := b.documents[from].leads[named]
		f.File, f.Line, f.Column = nameOf(b.steps[from-1]), at.Line, at.Column
	}
	same := func(g Finding) bool {
		return g.File == f.File && g.Line == f.Line && g.Column == f.Column && (g.Rule == MalformedURL || g.Rule == LeadsBack)
	}
	if f.Line > 0 && slices.ContainsFunc(b.findings, same) {
		return // which the check of the file has found
	}
	b.findings = append(b.findings, f)
}
