package shell

import (
	"context"
	"strings"
	"testing"
	"time"

	"snomredirect/sshconsole/findings"
	"snomredirect/store"
)

// newChecked returns a house whose checks return report, and the requests for them.
func newChecked(t *testing.T, report findings.Report) (*house, *[]findings.Request) {
	h := newHouse(t)
	var got []findings.Request
	h.check = func(_ context.Context, r findings.Request) (findings.Report, error) {
		got = append(got, r)
		report.MAC = r.MAC
		return report, nil
	}
	h.says("acme", "register 2e4 2e5", "(?s).*\n")
	return h, &got
}

// CHECK is for phones that are registered by the caller, or for operators, and only with
// the URL that they have.
func TestCheckWhose(t *testing.T) {
	h, got := newChecked(t, findings.Report{Requests: 2})
	h.says("acme", "register 2e5 http://own.acme.example/", ".*\n")
	h.contacts.record(contactOf("0004132202E4", -time.Second, store.Redirected))
	h.says("acme", "check 2e4", "0004132202E4: 2 requests, 0 errors, 0 warnings, 0 hints\n")
	h.says("olga", "check 2e5", "0004132202E5: .*\n")
	acme, olga := h.account("acme").ID, h.account("olga").ID
	want := []findings.Request{
		{Account: acme, Model: "snom360", Firmware: "7.3.14", URL: store.RestoreURL(serverA)},
		{Account: olga, URL: store.RestoreURL("http://own.acme.example/")},
	}
	for i, r := range *got {
		want[i].MAC = r.MAC
		if r != want[i] {
			t.Errorf("%+v, want %+v", r, want[i])
		}
	}
	if !strings.Contains(h.log.String(), "msg=checked mac=0004132202E4 requests=2 errors=0") {
		t.Errorf("%s", h.log.String())
	}
	h.says("acme", "deregister 2e5", ".*\n")
	h.refuses("bravo", "check 2e4", StatusRefused, "0004132202E4 is registered by another account.")
	h.refuses("bravo", "check 2e6", StatusRefused, "0004132202E6 is not registered.")
	h.refuses("acme", "check 2e5", StatusRefused, "0004132202E5 is not registered.")
	h.refuses("acme", "check 2e4 http://other.example/", StatusMisunderstood, "Expected: CHECK <mac>")
	if len(*got) != 2 {
		t.Errorf("%d checks", len(*got))
	}
}

// The exit status says whether there are errors, and nothing in a text steers a terminal.
func TestCheckFindings(t *testing.T) {
	var report findings.Report
	h, _ := newChecked(t, report)
	report.Requests = 1
	report.Add(findings.Finding{File: "http://prov.acme.example/\u202ex", Line: 3, Column: 5, Severity: "warning", Rule: "never-set", Text: "dhcp\x1b[2J"})
	h.check = func(_ context.Context, r findings.Request) (findings.Report, error) {
		report.MAC = r.MAC
		return report, nil
	}
	h.says("acme", "check 2e4", "http://prov.acme.example/\\?x:3:5: warning: dhcp\\?\\[2J\n0004132202E4: 1 request, 0 errors, 1 warning, 0 hints\n")
	report.Add(findings.Finding{File: "http://prov.acme.example/", Severity: "error", Rule: "failed-request", Text: "nothing"})
	h.gives("acme", "check 2e4", "", StatusRefused, "http://prov.acme.example/?x:3:5: warning: dhcp?[2J\nhttp://prov.acme.example/: error: nothing\n0004132202E4: 1 request, 1 error, 1 warning, 0 hints\n")
	h.gives("acme", "check 2e4 --json", "", StatusRefused, `{"mac":"0004132202E4","requests":1,"errors":1,"warnings":1,"hints":0,"findings":[`+
		`{"file":"http://prov.acme.example/?x","line":3,"column":5,"severity":"warning","rule":"never-set","text":"dhcp?[2J"},`+
		`{"file":"http://prov.acme.example/","severity":"error","rule":"failed-request","text":"nothing"}]}`+"\n")
	report = findings.Report{}
	h.says("acme", "check 2e4 --json", `\{"mac":"0004132202E4",.*"findings":\[\]\}`+"\n")
}

func TestCheckRefused(t *testing.T) {
	h, _ := newChecked(t, findings.Report{Refusal: "the M3 is not simulated"})
	h.refuses("acme", "check 2e4", StatusRefused, "0004132202E4 can't be checked: the M3 is not simulated.")
	for _, problem := range []error{ErrCheckRuns, ErrTooManyChecks} {
		h.check = func(context.Context, findings.Request) (findings.Report, error) { return findings.Report{}, problem }
		h.refuses("acme", "check 2e4", StatusRefused, problem.Error())
	}
	ctx, cancel := context.WithCancel(t.Context())
	h.ctx, h.check = ctx, func(ctx context.Context, _ findings.Request) (findings.Report, error) {
		cancel()
		<-ctx.Done()
		return findings.Report{}, ctx.Err()
	}
	h.refuses("acme", "check 2e4", StatusRefused, "Interrupted.")
	h.ctx, h.check = nil, nil
	h.refuses("acme", "check 2e4", StatusRefused, "CHECK is not available here.")
}
