package shell

import (
	"strings"
	"testing"
)

// A change of more than a hundred registered phones needs --yes where nobody can be
// asked, and one of two asks at a prompt. It does nothing before.
func TestBigChanges(t *testing.T) {
	h := newHouse(t)
	const other, count = "http://other.example/", "101 registered phones will be "
	h.says("acme", "register 000413300000-000413300064", "000413300000-000413300064: 101 registered.\n")
	h.says("bravo", "register 000413310000", ".*\n")
	for line, done := range map[string]string{
		"register 000413300000-000413300064 " + other:              "changed; all of them follow the account's setting server.",
		"register 000413300000-000413300070 " + other + " --json":  "changed; all of them follow",
		"deregister 000413300000-000413300050 000413300051-300064": "deregistered; all of them follow",
	} {
		line = strings.Replace(line, "-300064", "-000413300064", 1)
		h.refuses("acme", line, StatusRefused, count+done)
		h.refuses("acme", line, StatusRefused, "Nothing was done: add --yes to continue.")
	}
	h.refuses("acme", "server "+other, StatusRefused, "101 phones follow the account's setting server and will use "+other+". Nothing was done: add --yes to continue.")
	h.refuses("olga", "account server acme "+other, StatusRefused, "101 phones follow")
	h.refuses("olga", "deregister 000413300000-000413300064 000413310000", StatusRefused, "102 registered phones will be deregistered")
	h.says("acme", "server "+other+" --dry-run", "Dry run: acme: .*\nDry run: 101 phones would use "+other+" at their next boot.\n")
	h.says("acme", "server "+serverA, "acme: setting server .*\n") // changes nothing
	h.says("acme", "register 000413300000-000413300064", "000413300000-000413300064: 101 unchanged.\n")
	h.says("acme", "register 000413300000-000413300063 "+other, "000413300000-000413300063: 100 changed.\n")
	h.says("acme", "register 000413300000-000413300064 http://new.example/ --yes", `101 registered phones will be changed; 1 of them follows the account's setting server.
000413300000-000413300064: 101 changed.
Changed: 101 phones will use http://new.example/ at their next boot.
`)
	h.says("acme", "server "+other, "acme: setting server .*\n") // which none follows
	h.says("acme", "register 000413300000 --follow", ".*\n")
	h.says("acme", "server http://b.example/", "(?s).*\nChanged: 1 phone will use http://b.example/ at its next boot.\n")
	h.says("acme", "server "+other, "(?s).*")
	h.says("acme", "register 000413300000-000413300064 --follow --yes --json", `(?s)({"mac":"0004133000..",.*"setting_server":"http://other.example/".*}\n)+`)
	h.says("acme", "server http://third.example/ --yes", "(?s)101 phones follow .*\nChanged: 101 phones will use http://third.example/ at their next boot.\n")
	h.says("acme", "count --server http://third.example/", "101\n")
	h.says("acme", "deregister 000413300000-000413300064 --yes", "(?s)101 registered phones will be deregistered; all .*\n")
}

func TestBigChangesAtAPrompt(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	h.says("acme", "register 2e6 http://own.example/", "(?s).*")
	for line, want := range map[string]string{
		"deregister 2e4-2ff":                    "3 registered phones will be deregistered; 2 of them follow the account's setting server.\n",
		"deregister 2e4 2e5 2e4":                "2 registered phones will be deregistered; all of them follow",
		"register 2e4 2e5 2e7 http://x.example": "2 registered phones will be changed; all of them follow",
		"server http://x.example/":              "2 of 3 phones follow the account's setting server and will use http://x.example/.\n",
	} {
		for _, answer := range []string{"n\n", "\n", ""} {
			out, _, status := h.at("acme", 80, line, answer)
			if status != StatusRefused || !strings.Contains(out, want) {
				t.Errorf("%s, answered %q: status %d, %q", line, answer, status, out)
			}
		}
	}
	h.says("acme", "count --server "+serverA, "2\n")
	for _, c := range []struct{ line, want string }{
		{"register 2e4 http://x.example/", "0004132202E4 registered. Setting server: http://x.example/ (the phone's own)\n"}, // one phone
		{"register 2f0 2f1", "2 phones: 2 registered.\n"},                                                                    // new ones
		{"register 2e4 2e5 --json --yes", `"mac":"0004132202E5"`},
		{"deregister 2e5 2e6 --dry-run", "Dry run: 2 phones: 2 would be deregistered.\n"},
		{"server http://x.example/ --yes", "Changed: 3 phones will use http://x.example/ at their next boot.\n"},
		{"register 2e4 2e6 --follow --yes", "2 phones: 2 changed.\nChanged: 2 phones will use http://x.example/ at their next boot.\n"},
	} {
		if out, problems, status := h.at("acme", 80, c.line, "no\n"); status != StatusDone || problems != "" || !strings.Contains(out, c.want) {
			t.Errorf("%s: status %d, %q, %q", c.line, status, out, problems)
		}
	}
	out, problems, status := h.at("acme", 80, "deregister 2e4-2e6 2f0 2f1", "y\n")
	if status != StatusDone || !strings.HasPrefix(out, "5 registered phones will be deregistered; all of them follow the account's setting server.\n") ||
		!strings.HasSuffix(out, "5 phones: 5 deregistered.\n") {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	h.says("acme", "count", "0\n")
}

// A list is counted as a whole, as far as it is read at once.
func TestBigLists(t *testing.T) {
	h := newHouse(t)
	all := lines(101)
	h.gives("acme", "register -", all, StatusDone, "101 lines: 101 registered.\n")
	h.gives("acme", "register -", all, StatusDone, "101 lines: 101 unchanged.\n")
	const refusal = "101 registered phones will be deregistered; all of them follow the account's setting server. Nothing was done: add --yes to continue.\n"
	h.gives("acme", "deregister -", all, StatusRefused, "", refusal)
	h.gives("acme", "deregister - --atomic", all+all, StatusRefused, "", refusal)
	h.gives("acme", "deregister - --dry-run", all, StatusDone, "Dry run: 101 lines: 101 would be deregistered.\n")
	h.gives("acme", "register - http://own.example/", all, StatusRefused, "", "101 registered phones will be changed")
	h.gives("acme", "register - http://own.example/ --yes", all, StatusDone, "101 lines: 101 changed.\n")
	h.gives("acme", "register -", "mac\n"+all, StatusDone, "101 lines: 101 unchanged. Own setting servers as before: 101; an empty column url lets phones follow the account.\n")
	h.gives("acme", "register - --yes", "mac,url\n"+all, StatusDone, "101 lines: 101 changed.\n")
	h.gives("acme", "deregister -", lines(100), StatusDone, "100 lines: 100 deregistered.\n")
	if jobs, err := h.registry.Jobs(h.account("acme").ID); err != nil || len(jobs) != 0 {
		t.Errorf("%v, %v", jobs, err)
	}

	h.gives("acme", "register -", lines(3), StatusDone, "3 lines: 3 registered.\n")
	out, _, status := h.at("acme", 80, "deregister -", lines(3))
	if status != StatusRefused || !strings.HasSuffix(out, "3 registered phones will be deregistered; all of them follow the account's setting server.\n") {
		t.Errorf("status %d, %q", status, out)
	}
	h.says("acme", "count", "4\n")
}

// If a later part of a list is too big, what was done before is reported.
func TestBigLaterChunk(t *testing.T) {
	h := newHouse(t)
	all := lines(chunkSize + 101)
	last := strings.SplitAfter(all, "\n")[chunkSize:]
	h.gives("acme", "register -", strings.Join(last, ""), StatusDone, "101 lines: 101 registered.\n")
	h.gives("acme", "register - http://own.example/", all, StatusRefused, "",
		"101 registered phones will be changed; all of them follow the account's setting server. Add --yes to go on.\n",
		"The list was not completed: ")
	h.says("acme", "count --server http://own.example/", "50000\n")
	h.gives("acme", "register - http://own.example/ --yes", all, StatusDone, "50101 lines: 101 changed, 50000 unchanged.\n")
}
