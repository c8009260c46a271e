package shell

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestSettingServers(t *testing.T) {
	h := newHouse(t)
	const one, two, three = "http://one.example/", "http://two.example/", "http://three.example/"
	h.refuses("bare", "server", StatusRefused, "bare has no setting server: SERVER <url> sets one.")
	h.refuses("bare", "server nonsense", StatusMisunderstood, "expected a URL")
	h.refuses("bare", "server http://provisioning.snom.com/", StatusRefused, "points back")
	h.says("bare", "server "+one+" --dry-run", "Dry run: bare: setting server http://one.example/, for all .*\n")
	h.refuses("bare", "server", StatusRefused, "bare has no")
	h.says("bare", "server "+one, "bare: setting server http://one.example/, for all phones without a URL of their own.\n")
	h.says("bare", "server", one+"\n")
	h.says("bare", "register 2e4", ".*\n")
	h.says("bare", "register 2e5 2e6 "+one, "(?s).*")
	h.says("bare", "register 2e7 "+three, ".*\n")
	h.says("bravo", "register 301 "+one, ".*\n")

	const what = "2 phones with a setting server of their own and the account's setting server"
	h.refuses("bare", "retarget "+one+" "+two, StatusMisunderstood, what+" will change from "+one+" to "+two+". Nothing was done: add --yes to continue.")
	h.says("bare", "retarget --dry-run "+one+" "+two, "Dry run: "+what+" would change from "+one+" to "+two+".\n")
	for _, answer := range []string{"n\n", "\n", ""} { // the last is the end of the input
		out, _, status := h.at("bare", 80, "retarget "+one+" "+two, answer)
		if status != StatusRefused || !strings.Contains(out, what) {
			t.Errorf("answered %q: status %d, %q", answer, status, out)
		}
	}
	h.says("bare", "count --server "+one, "3\n")
	if out, problems, status := h.at("bare", 80, "retarget "+one+" "+two, "Yes\n"); status != StatusDone || problems != "" || !strings.HasSuffix(out, what+" changed.\n") {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	h.says("bare", "list --server "+two, "0004132202E4\n0004132202E5\n0004132202E6\n")
	h.says("bare", "export", "0004132202E4,\n0004132202E5,"+two+"\n0004132202E6,"+two+"\n0004132202E7,"+three+"\n")
	h.says("bravo", "count --server "+one, "1\n")
	h.says("bare", "retarget --yes "+three+" "+two, "1 phone with a setting server of its own will change from .*\n1 phone with a setting server of its own changed.\n")
	h.says("bare", "retarget --json --yes "+two+" "+one, `{"phones":3,"account":true}`+"\n")
	h.refuses("bare", "retarget "+two+" "+one+" --yes", StatusRefused, "Neither your account nor any of its phones has the setting server "+two)
	h.refuses("bare", "retarget nonsense "+one, StatusMisunderstood, `"nonsense": expected a URL`)
	h.refuses("bare", "retarget "+one+" http://provisioning.snom.com/", StatusRefused, "points back")
	h.says("bare", "history", `(?s).*RETARGET 0004132202E5-0004132202E7 http://two\.example/ http://one\.example/\n.*SERVER http://one\.example/\n.*`)
}

// RETARGET commits the job's beginning, a transaction for each batch and the
// job's end; it changes only phones with the old setting server.
func TestRetargetCommits(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register - http://old.example/", lines(chunkSize+10), StatusDone, "50010 lines: 50010 registered.\n")
	h.says("acme", "register 301 http://third.example/", ".*\n")
	h.commits(1+(chunkSize/batchSize+1)+1, func() {
		h.says("acme", "retarget http://old.example/ http://new.example/ --yes", "(?s).*\n50010 phones with a setting server of their own changed.\n")
	})
	h.says("acme", "count --server http://new.example/", "50010\n")
	h.says("acme", "count --server http://third.example/", "1\n")
}

// RETARGET reads the phones twice, to count them and to change them. A phone that
// gets another setting server after that keeps it.
func TestRetargetOvertaken(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5 http://old.example/", "(?s).*")
	whole := h.registry
	pages := 0
	h.registry = pageThen{whole, func() {
		if pages++; pages != 2 {
			return
		}
		acme := h.account("acme")
		_, err := whole.Change(store.Batch{Audit: store.Audit{Actor: acme.ID}, Owner: acme.ID,
			Changes: []store.Change{{MAC: macaddr.MustParse("0004132202E4"), URL: store.RestoreURL("http://third.example/")}}})
		if err != nil {
			t.Error(err)
		}
	}}
	h.at("acme", 0, "retarget http://old.example/ http://new.example/ --yes", "")
	h.registry = whole
	h.says("acme", "export", "0004132202E4,http://third.example/\n0004132202E5,http://new.example/\n")
}

// A retarget that the store stops halfway is logged as a change and reports how
// far it came.
func TestRetargetIntoAFailingStore(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e4 http://prov.bravo.example/", ".*\n")
	whole := h.registry
	h.registry = &failingChange{Registry: whole, at: 1}
	h.log.Reset()
	h.gives("bravo", "retarget http://prov.bravo.example/ http://new.example/ --yes", "", StatusRefused,
		"1 phone with a setting server of its own and the account's setting server will change from http://prov.bravo.example/ to http://new.example/.\n",
		failure.text, "It was not completed: nothing was done.")
	if strings.Contains(h.log.String(), "msg=changed") || !strings.Contains(h.log.String(), "disk is full") {
		t.Error(h.log.String())
	}
	h.registry = whole
	h.gives("acme", "register - http://old.example/", lines(batchSize+10), StatusDone, "10010 lines: 10010 registered.\n")
	h.registry = &failingChange{Registry: whole, at: 2}
	h.log.Reset()
	h.gives("acme", "retarget http://old.example/ http://new.example/ --yes", "", StatusRefused,
		"10010 phones with a setting server of their own will change from http://old.example/ to http://new.example/.\n",
		failure.text, "It was not completed: 10000 phones were changed; the rest were not. Repeat the command to continue.")
	if !strings.Contains(h.log.String(), "msg=changed") {
		t.Error(h.log.String())
	}
	h.registry = whole
	h.says("acme", "count --server http://old.example/", "10\n")
	h.says("acme", "server", regexp.QuoteMeta(serverA)+"\n")
}

// An account without phones of the old setting server can be retargeted.
func TestRetargetOfTheAccountOnly(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "retarget http://prov.bravo.example/ http://new.example/ --yes", "(?s).*\nThe account's setting server changed.\n")
	h.says("bravo", "server", "http://new.example/\n")
	h.says("bravo", "history", "(?s)[^\n]*RETARGET http://prov.bravo.example/ http://new.example/\n.*")
}

// A URL with a placeholder that phones don't fill in is taken, with a notice.
func TestUnfilledPlaceholders(t *testing.T) {
	h := newHouse(t)
	const notice = `phones request "<mac>" as it is: they fill in only {mac} and, newer ones, {phone_type}.`
	const odd = "http://odd.example/<mac>"
	for _, c := range []struct{ name, line string }{
		{"acme", "register 2e4 " + odd}, {"acme", "register 2e4-2ff " + odd}, {"acme", "server " + odd + " --dry-run"},
		{"acme", "retarget " + odd + " http://odd.example/2/<mac> --yes"},
		{"olga", "account add charly " + odd}, {"olga", "account server charly " + odd},
	} {
		out, problems, status := h.at(store.Name(c.name), 0, c.line, "")
		if status != StatusDone || out == "" || !strings.HasSuffix(problems, notice+"\n") || strings.Count(problems, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", c.line, status, out, problems)
		}
	}
	_, problems, status := h.at("acme", 0, "register 2e4 http://odd.example/%7Bmac%7D --json", "")
	if want := `{"notice":"\"http://odd.example/%7Bmac%7D\": phones request \"%7Bmac%7D\" as it is: they fill in only {mac} and, newer ones, {phone_type}."}` + "\n"; status != StatusDone || problems != want {
		t.Errorf("status %d, %s", status, problems)
	}
	out, problems, status := h.at("acme", 0, "register - --short", "2e5,"+odd+"\n2e6,http://odd.example/$mac\n")
	if status != StatusDone || out != "2 lines: 1 registered, 1 changed.\n" && out != "2 lines: 2 changed.\n" || strings.Count(problems, "\n") != 1 {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	h.says("acme", "register 2e4 http://{phone_type}.acme.example/{mac}", ".*\n")
	h.refuses("acme", "register 2e4 http://<mac>.acme.example/", StatusMisunderstood, "they know only {mac} and, newer ones, {phone_type}.")
	h.refuses("bravo", "register 2e4 "+odd, StatusRefused, "is registered by another account")
}

// A partner who changes the setting server all day is refused, and nothing changes.
func TestTooManyChanges(t *testing.T) {
	h := newHouse(t)
	server := func(n int) string { return fmt.Sprintf("http://s%d.example/", n) }
	for n := range store.MaxOwnChanges {
		h.says("acme", "server "+server(n), "(?s).*")
	}
	const refusal = "acme has been changed 50 times within a day. Try again later, or ask the operator."
	h.refuses("acme", "server http://evil.example/", StatusRefused, refusal)
	var errs bytes.Buffer
	io := IO{In: h.input(strings.NewReader("")), Out: &bytes.Buffer{}, Err: &errs}
	if status := h.runs(t.Context(), h.caller("acme"), io, "retarget "+server(store.MaxOwnChanges-1)+" http://evil.example/ --yes"); status != StatusRefused || !strings.Contains(errs.String(), refusal) {
		t.Errorf("status %d, %s", status, &errs)
	}
	h.says("acme", "server", server(store.MaxOwnChanges-1)+"\n")
	h.says("olga", "account server acme http://operators.example/", "(?s).*")
}
