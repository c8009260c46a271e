package main

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot"
	"snomredirect/redirect/check"
	"snomredirect/redirect/outside"
	"snomredirect/redirect/settings"
	"snomredirect/sshconsole/findings"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// Limits on what CHECK costs the service, and whoever's servers a URL names.
const (
	maxChecks   = 4    // at the same time
	maxFindings = 1000 // of a check
)

var checkLimits = boot.Limits{
	Time: 20 * time.Second, ReplyTime: 5 * time.Second,
	Reply: 1 << 20, Total: 2 << 20, Requests: 64, Servers: 5, Depth: 4,
}

// checks plays the first boots of phones for CHECK.
type checks struct {
	names   store.PublicNames
	private bool // also at private addresses
	// own returns a transport that answers requests for an account's files here. If nil,
	// none are.
	own func(_ store.AccountID, next http.RoundTripper) http.RoundTripper

	mu      sync.Mutex
	running map[store.AccountID]bool
}

func newChecks(names store.PublicNames, private bool) *checks {
	return &checks{names: names, private: private, running: map[store.AccountID]bool{}}
}

// begin counts a check until end is called, or refuses it.
func (c *checks) begin(account store.AccountID) (end func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.running[account]:
		return nil, shell.ErrCheckRuns
	case len(c.running) == maxChecks:
		return nil, shell.ErrTooManyChecks
	}
	c.running[account] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, account)
	}, nil
}

// run plays a boot and checks what the phone gets.
func (c *checks) run(ctx context.Context, r findings.Request) (report findings.Report, err error) {
	end, err := c.begin(r.Account)
	if err != nil {
		return report, err
	}
	defer end()
	report.MAC = r.MAC
	phone := check.Phone{}
	phone.Model, _ = macaddr.KnownModel(r.Model) // phones can say anything
	if phone.Model == "" {
		phone.Model = r.MAC.Model()
	}
	phone.Firmware, _ = settings.ParseVersion(r.Firmware)
	checker := check.Checker{Phone: phone, PublicNames: c.names}
	way := check.Way{MAC: r.MAC, Transport: c.transport(r), Limits: checkLimits, Findings: maxFindings}
	all, requests, err := checker.Boot(ctx, way, r.URL.String())
	if ctx.Err() != nil {
		return report, ctx.Err()
	}
	if err != nil {
		report.Refusal = err.Error()
	}
	report.Requests = requests
	for _, f := range forConsole(all) {
		report.Add(f)
	}
	return report, nil
}

// transport returns a transport for the phone of a request.
func (c *checks) transport(r findings.Request) http.RoundTripper {
	dialer := outside.Dialer{Private: c.private}
	if u, err := url.Parse(r.URL.String()); err == nil && u.Scheme == "tftp" {
		dialer.UDPPorts = outside.PortOf(u)
	} else if err == nil {
		dialer.Ports = outside.PortOf(u)
	}
	others := outside.Transport{RoundTripper: boot.NewTransport(dialer.Dial, nil)}
	if c.own == nil {
		return others
	}
	return c.own(r.Account, others)
}
