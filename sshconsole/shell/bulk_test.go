package shell

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/lineedit"
	"snomredirect/store"
)

// gives wants a line with input behind it to end with a status, this on
// standard output and these lines, or what they begin with, on standard error.
func (h *house) gives(name store.Name, line, input string, wantStatus int, want string, problems ...string) {
	h.Helper()
	out, told, status := h.at(name, 0, line, input)
	lines := strings.SplitAfter(told, "\n")
	ok := status == wantStatus && out == want && len(lines) == len(problems)+1
	for i, p := range problems {
		ok = ok && strings.HasPrefix(lines[i], p)
	}
	if !ok {
		h.Fatalf("%s: %s\nstatus %d, %q, %q; want %d, %q, %q", name, line, status, out, told, wantStatus, want, problems)
	}
}

func TestManyInOneLine(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e6", ".*\n")
	h.says("acme", "register 2e4 2e5 http://own.example/", `0004132202E4 registered\. Setting server: http://own\.example/ \(the phone's own\)
0004132202E5 registered\. Setting server: http://own\.example/ \(the phone's own\)
2 phones: 2 registered\.
`)
	h.gives("acme", "register 2e4-2e7 301", "", StatusRefused, `0004132202E4-0004132202E7: 1 registered, 2 changed, 1 failed.
000413220301 registered. Setting server: `+serverA+` (the account's)
5 phones: 2 registered, 2 changed, 1 failed.
`, "0004132202E6 is registered by another account.\n")
	h.gives("acme", "deregister 2e0-2e5 2e7", "", StatusRefused, `0004132202E0-0004132202E5: 2 deregistered, 4 failed.
0004132202E7 deregistered.
7 phones: 3 deregistered, 4 failed.
`, "0004132202E0 is not", "0004132202E1 is not", "0004132202E2 is not", "0004132202E3 is not")
	h.says("acme", "register 000413000000-00041300FFFF", "000413000000-00041300FFFF: 65536 registered.\n")
	h.says("acme", "count", "65537\n")

	for line, want := range map[string]string{
		"register 000413000000-000413010000":             "A line can name at most 65536 phones",
		"register 000413000000-00041300FFFE 2e4 2e5":     "A line can name at most 65536 phones",
		"register 2ff-2e0":                               `"2ff-2e0": the range ends before it starts`,
		"register 000413FFFFFF-000414000000":             `"000413FFFFFF-000414000000": the range crosses`,
		"deregister 2e4 nonsense":                        `"nonsense": expected twelve hex digits`,
		"register 2e4 - 2e5":                             "- reads MACs",
		"register 2e4 -":                                 "- reads MACs",
		"register 2e4 2eg":                               `"2eg": expected a MAC such as 2e4 or 0004132202E4, a range of them, or as the last word a URL`,
		"register 2e4 http://a.example/ http://b.other/": `"http://a.example/": expected twelve hex digits`,
		"register - http://a.example/ 2e4":               "Expected: REGISTER",
		"deregister -  2e4":                              "Expected: DEREGISTER",
		"register - nonsense":                            `"nonsense": expected a URL`,
		"show 2e4-2e5":                                   `"2e4-2e5": expected twelve hex digits`,
	} {
		h.refuses("acme", line, StatusMisunderstood, want)
	}
	h.says("acme", "count", "65537\n") // nothing of them was done
}

func TestListOnStandardInput(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e6", ".*\n")
	const own = "http://own.example/"
	list := "mac,url\r\n# the lobby\r\n2e4\r\n\r\n2e5," + own + "\r\nxyz\r\n2e6\r\n2e7,http://provisioning.snom.com/\r\n2e8," + strings.Repeat("x", lineedit.MaxLine) +
		"\r\n2e9\x00\r\n2ea\x1b[2J\r\n2eb\xff\r\n0004132202EC"
	problems := []string{
		`Line 6: "xyz": expected twelve hex digits`,
		`Line 8: "http://provisioning.snom.com/": points back at this service`,
		"Line 9: it is longer than 4096 bytes.\n",
		"Line 10: it contains a control character.\n",
		"Line 11: it contains a control character.\n",
		"Line 12: it is not valid UTF-8.\n",
	}
	taken := "Line 7: 0004132202E6 is registered by another account.\n"
	h.gives("acme", "register - --atomic", list, StatusRefused, "", append(problems, "6 lines can't be read; nothing was done.\n")...)
	h.gives("acme", "register - --dry-run", list, StatusRefused, "Dry run: 10 lines: 3 would be registered, 7 failed.\n", append(problems, taken)...)
	h.says("acme", "count", "0\n")
	h.gives("acme", "register -", list, StatusRefused, "10 lines: 3 registered, 7 failed.\n", append(problems, taken)...)
	h.says("acme", "export", "0004132202E4,\n0004132202E5,"+own+"\n0004132202EC,\n")
	h.says("acme", "history", `[^\n]* acme from 192\.0\.2\.7 by password: REGISTER 0004132202E4-0004132202E5 0004132202EC\n.*\n`)

	// The list's URLs win over the line's.
	h.gives("acme", "register - http://all.example/", "2e4\n2e5,"+own+"\n", StatusDone, "2 lines: 1 changed, 1 unchanged.\n")
	h.gives("acme", "register - --atomic", "2e4\n2e6\n2ed\n", StatusRefused, "", "Line 2: 0004132202E6 is registered by another", "1 line was refused; nothing was done.\n")
	h.gives("acme", "register - --atomic --dry-run", "2e4\n2ed\n", StatusDone, "Dry run: 2 lines: 1 would be registered, 1 would be changed.\n")
	h.gives("acme", "deregister -", "2e4,whatever\n2ff\n2ec\n", StatusRefused, "3 lines: 2 deregistered, 1 failed.\n", "Line 2: 0004132202FF is not registered.\n")
	h.says("acme", "export", "0004132202E5,"+own+"\n")
	// Of one phone the last line counts.
	h.gives("acme", "register -", "2e5\n2e4,"+own+"\n2e4\n", StatusDone, "3 lines: 1 registered, 2 changed.\n")
	h.says("acme", "export", "0004132202E4,\n0004132202E5,\n")

	for list, want := range map[string]string{
		"":                       "Standard input lists no phones; nothing was done.\n",
		"# nothing\n\nmac,url\n": "Standard input lists no phones; nothing was done.\n",
		"phone,place\n2e9,x\n":   "Line 1: expected a column named mac in the header",
	} {
		h.gives("acme", "register -", list, StatusMisunderstood, "", want)
	}
	h.gives("acme", "register -", "xyz\n", StatusRefused, "1 line: 1 failed.\n", "Line 1:")
	h.gives("olga", "register - --account acme", "2e9\n", StatusDone, "1 line: 1 registered.\n")
	h.says("acme", "show 2e9", "(?s).*State:          registered\n.*")
	if all, err := h.registry.Jobs(h.account("acme").ID); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v are left", all, err)
	}
}

func (h *house) account(name store.Name) store.Account {
	h.Helper()
	a, err := h.registry.AccountNamed(name)
	if err != nil {
		h.Fatal(err)
	}
	return a
}

// What EXPORT writes, REGISTER - takes back.
func TestExportGoesRound(t *testing.T) {
	h := newHouse(t)
	h.says("acme", `register 2e4 "http://x.example/a,b#c;d"`, ".*\n")
	h.says("acme", "register 2e5 2e6", "(?s).*")
	exported, _, _ := h.at("acme", 0, "export", "")
	if want := "0004132202E4,\"http://x.example/a,b#c;d\"\n0004132202E5,\n0004132202E6,\n"; exported != want {
		t.Fatalf("%q, want %q", exported, want)
	}
	h.gives("acme", "register - --dry-run", exported, StatusDone, "Dry run: nothing would change. 3 lines: 3 unchanged.\n")
	h.gives("acme", "register - --dry-run --json", exported, StatusDone, `{"registered":0,"deregistered":0,"changed":0,"unchanged":3,"failed":0,"dry_run":true}`+"\n")
	h.gives("acme", "deregister -", exported, StatusDone, "3 lines: 3 deregistered.\n")
	h.gives("acme", "register -", exported, StatusDone, "3 lines: 3 registered.\n")
	again, _, _ := h.at("acme", 0, "export", "")
	if again != exported {
		t.Errorf("%q, want %q", again, exported)
	}
}

// lines lists n phones from 000413000000 on.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "000413%06X\n", i)
	}
	return b.String()
}

// An upload whose caller goes before its end is told at the next login, once.
func TestInterruptedUploads(t *testing.T) {
	h := newHouse(t)
	h.gone = true
	h.gives("acme", "register -", lines(3), StatusRefused, "")
	h.gone = false
	h.gives("bravo", "count", "", StatusDone, "0\n")
	h.gives("acme", "count", "", StatusDone, "0\n", "REGISTER - of 20")
	h.gives("acme", "count", "", StatusDone, "0\n")

	// Half of a line is not taken for a whole one, though its batch be full.
	h.gone = true
	h.gives("acme", "register -", lines(chunkSize-1)+"0004132202E4,http://prov.acme.exam", StatusRefused, "")
	h.gives("acme", "register -", lines(chunkSize+10), StatusRefused, "", "REGISTER - of ")
	h.gone = false
	_, told, _ := h.at("acme", 0, "count --json", "")
	var notice noticeObject
	if err := json.Unmarshal([]byte(told), &notice); err != nil || !strings.Contains(notice.Notice, "from 192.0.2.7 was interrupted: lines 1 to 50000 were processed. Send the whole list again: what has been changed stays changed.") {
		t.Errorf("%q: %v", told, err)
	}
	h.gives("acme", "count", "", StatusDone, "50000\n")

	// One that is under way is not interrupted.
	acme := h.account("acme")
	end, err := h.shell.jobs.begin(acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	record, err := h.shell.jobs.record(h.registry, store.Job{Account: acme.ID, Command: "REGISTER -", Begun: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	h.gives("acme", "server", "", StatusDone, serverA+"\n")
	for range maxJobs - 1 {
		if _, err := h.shell.jobs.begin(acme.ID); err != nil {
			t.Fatal(err)
		}
	}
	h.gives("acme", "register -", lines(1), StatusRefused, "", "Your account is already running 4 changes of many phones")
	end(record)

	// As after a crash: part of a batch was done.
	record.Lines, record.Some = 50_000, 60_000
	if _, err := h.registry.BeginJob(record); err != nil {
		t.Fatal(err)
	}
	out, told, _ := h.at("acme", 80, "", "")
	if want := "was interrupted: lines 1 to 50000 were processed, and some up to line 60000."; !strings.Contains(out, "Welcome") || !strings.Contains(told, want) {
		t.Errorf("%q, %q; want %q", out, told, want)
	}
	h.gives("acme", "server", "", StatusDone, serverA+"\n")
}

// A store that fails in the middle is told with how far the list came.
func TestUploadIntoAFailingStore(t *testing.T) {
	h := newHouse(t)
	whole := h.registry
	h.registry = &failingChange{Registry: whole, at: 8}
	h.gives("acme", "register -", lines(2*chunkSize), StatusRefused, "", failure.text,
		"The list was not completed: lines 1 to 50000 were processed, and some up to line 100000. Send the whole list again")
	h.registry = whole
	h.gives("acme", "count", "", StatusDone, "70000\n")
	if !strings.Contains(h.log.String(), "disk is full") {
		t.Errorf("the log does not say why: %s", h.log.String())
	}
}

// failingChange fails at its change number at, counted from 1.
type failingChange struct {
	Registry
	n, at int
}

func (f *failingChange) Change(o store.Batch) ([]store.Result, error) {
	if f.n++; f.n >= f.at {
		return nil, errors.New("disk is full")
	}
	return f.Registry.Change(o)
}

// In a script, a list is the rest of it: its lines are never taken for commands.
func TestListInAScript(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "", "register 2e4\nregister -\n2e5\nlist\n", StatusRefused,
		"0004132202E4 registered. Setting server: "+serverA+" (the account's)\n2 lines: 1 registered, 1 failed.\n", "Line 2: ")
	many := strings.Repeat("2e5\n", maxAtOnce+10) + "list\n"
	h.gives("acme", "", "deregister - --atomic\n"+many, StatusMisunderstood, "", "With --atomic a list can have at most 65536 lines")
	h.gives("acme", "", "register -\nnumber,place\n1,2\nlist\n", StatusMisunderstood, "", "Line 1: expected a column named mac")
}

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
	for _, answer := range []string{"n\n", "\n", ""} { // the last is the end
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

func TestListsAndCounts(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 000413230001 000413230002", "(?s).*")
	h.says("acme", "register 000413230003 http://own.example/", ".*\n")
	h.says("bravo", "register 000413230004 http://own.example/", ".*\n")
	for _, c := range []struct {
		as   store.Name
		what string
		want []string
	}{
		{"acme", "", []string{"0004132202E4", "000413230001", "000413230002", "000413230003"}},
		{"acme", "snom360", []string{"000413230001", "000413230002", "000413230003"}},
		{"acme", "360", []string{"000413230001", "000413230002", "000413230003"}},
		{"acme", "SNOM190 --server " + serverA, []string{"0004132202E4"}},
		{"acme", "--server http://own.example/", []string{"000413230003"}},
		{"acme", "--server http://own.example", nil},
		{"olga", "360", []string{"000413230001", "000413230002", "000413230003", "000413230004"}},
		{"olga", "--server http://own.example/", []string{"000413230003", "000413230004"}},
		{"olga", "--account bravo", []string{"000413230004"}},
		{"olga", "--account bare", nil},
		{"olga", "--account acme snom190", []string{"0004132202E4"}},
	} {
		want := ""
		for _, mac := range c.want {
			want += mac + "\n"
		}
		h.says(c.as, "list "+c.what, want)
		h.says(c.as, "count "+c.what, fmt.Sprintf("%d\n", len(c.want)))
	}
	h.says("olga", "export --account bravo", "000413230004,http://own.example/\n")
	for line, want := range map[string]string{
		"list nonsense":          `"nonsense": expected a model such as snom360`,
		"count --server ''":      `"": expected a URL`,
		"list --server":          "flag needs an argument",
		"list --server nonsense": `"nonsense": expected a URL`,
	} {
		h.refuses("acme", line, StatusMisunderstood, want)
	}
	for _, line := range []string{"list --account bravo", "count --account bravo", "export --account bravo", "history --account bravo", "register - --account bravo"} {
		h.refuses("acme", line, StatusRefused, "for operators")
	}
	h.refuses("olga", "list --account nobody", StatusRefused, `There is no account "nobody"`)
}

func TestTransfers(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	h.says("acme", "register 2e6 http://own.example/", ".*\n")
	h.refuses("acme", "transfer 2e4 bravo", StatusRefused, "TRANSFER is for operators.")
	h.refuses("acme", "free 2e4", StatusRefused, "FREE is for operators.")
	h.refuses("olga", "transfer 2e4 nobody", StatusRefused, `There is no account "nobody".`)
	h.refuses("olga", "transfer bravo", StatusMisunderstood, "Expected: TRANSFER <mac>... <name>")
	h.refuses("olga", "transfer 2ff bravo", StatusRefused, "0004132202FF is not registered.")
	h.refuses("olga", "transfer 2e4 bare", StatusRefused, "0004132202E4 would have no setting server. Give bare one first: ACCOUNT SERVER bare <url>.")
	h.says("olga", "transfer 2e4 bravo --dry-run", "Dry run: 0004132202E4 would be transferred to bravo. Setting server: http://prov.bravo.example/ .*\n")
	h.says("olga", "transfer 2e4-2e5 2e6 bravo", `(?s)0004132202E4-0004132202E5: 2 transferred\.
0004132202E6 transferred to bravo\. Setting server: http://own\.example/ \(the phone's own\)
3 phones: 3 transferred\.
`)
	h.says("acme", "list", "")
	h.says("bravo", "export", "0004132202E4,\n0004132202E5,\n0004132202E6,http://own.example/\n")
	h.says("acme", "history", "(?s)[^\n]* an operator: TRANSFER 0004132202E4-0004132202E6 to another account\n.*")
	h.says("bravo", "history", "[^\n]* an operator: TRANSFER 0004132202E4-0004132202E6 from another account\n.*\n")
	h.says("olga", "history 2e5 --account acme", "(?s)[^\n]* olga from 192.0.2.7 by password: TRANSFER \\[acme\\] 0004132202E5 to bravo\n.*")

	h.refuses("olga", "free 2e4", StatusRefused, "0004132202E4 is registered: DEREGISTER 0004132202E4 first.")
	h.refuses("olga", "free 2ff", StatusRefused, "0004132202FF is not on hold.")
	h.says("bravo", "deregister 2e4", ".*\n")
	h.says("bravo", "show 2e4", `MAC:            0004132202E4
Model:          snom190
State:          on hold until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: REGISTER takes it back
`)
	h.says("acme", "show 2e4", "(?s).*State:          registered by another account\n")
	h.says("olga", "show 2e4", "(?s).*State:          on hold until .*: FREE lets others register it\nAccount:        bravo\n")
	h.says("olga", "free 2e4", "0004132202E4 freed: any account can register it.\n")
	h.says("acme", "register 2e4", ".*\n")

	h.refuses("olga", "account remove bravo --transfer-to bravo", StatusMisunderstood, "bravo owns these phones already")
	h.refuses("olga", "account remove bravo --transfer-to bare", StatusRefused, "0004132202E5 would have no setting server. Give bare one first")
	h.says("bravo", "list", "0004132202E5\n0004132202E6\n")
	h.says("olga", "account remove bravo --transfer-to acme --dry-run", "Dry run: bravo removed; 2 phones now belong to acme.\n")
	h.says("bravo", "list", "0004132202E5\n0004132202E6\n")
	h.says("olga", "account remove bravo --transfer-to acme", "bravo removed; 2 phones now belong to acme.\n")
	h.says("acme", "export", "0004132202E4,\n0004132202E5,\n0004132202E6,http://own.example/\n")
	h.says("olga", "history", "(?s).*ACCOUNT REMOVE \\[bravo\\] 0004132202E5-0004132202E6 to acme\n.*ACCOUNT REMOVE \\[bravo\\]\n.*ACCOUNT REMOVE \\[acme\\] 0004132202E5-0004132202E6 from bravo\n.*")
}

// A partner learns from the history what was done, and of others only that.
func TestHistoryOfAPartner(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.says("acme", "register 2e4", ".*\n") // changes nothing
	h.says("olga", "deregister 2e4", ".*\n")
	h.says("acme", "reg 2e4 2f0-2ff http://own.example/", "(?s).*")
	h.says("olga", "account company acme ACME Ltd", ".*\n")
	when := `\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC `
	h.says("acme", "history", when+`an operator: ACCOUNT COMPANY ACME Ltd
`+when+`acme from 192\.0\.2\.7 by password: REGISTER 0004132202E4 0004132202F0-0004132202FF http://own\.example/
`+when+`an operator: DEREGISTER 0004132202E4
`+when+`acme from 192\.0\.2\.7 by password: REGISTER 0004132202E4
`+when+`the service: ACCOUNT ADD
`)
	// What came by a tool is told by its name, an operator's to operators alone.
	for by, name := range map[string]store.Name{"acme": "acme", "olga": "olga"} {
		a := h.account(name)
		_, err := h.registry.Change(store.Batch{Rule: store.RuleRegister, Owner: h.account("acme").ID,
			Audit:   store.Audit{Actor: a.ID, Name: name, RemoteAddr: "192.0.2.8", Credential: "password", Agent: `rds "` + by + `"`, Command: "redirect.registerPhone"},
			Changes: []store.Change{{MAC: macaddr.MustParse("000413220300"), URL: store.RestoreURL("http://" + by + ".example/")}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.says("olga", "history 300", "(?s).*"+when+`acme from 192\.0\.2\.8 by password with "rds \\"acme\\"": redirect.registerPhone \[acme\] 000413220300\n.*`)
	h.says("olga", "history 300 --json", `(?s).*"key":"password","user_agent":"rds \\"olga\\"","command".*`)
	h.says("acme", "history 300", `(?s).*an operator: redirect.registerPhone 000413220300\n.*`)
	h.says("acme", "history 300 --json", `(?s).*"key":"password","user_agent":"rds \\"acme\\"","command".*`)
	if out, _, _ := h.at("acme", 0, "history 300 --json", ""); strings.Contains(out, "olga\\") {
		t.Errorf("a partner sees an operator's tool: %s", out)
	}
	h.says("acme", "history 2f8", when+`acme from 192\.0\.2\.7 by password: REGISTER 0004132202F8 http://own\.example/`+"\n")
	h.says("acme", "history 301", "")
	h.says("bravo", "history 2e4", "")
	h.says("acme", "history 2f8 --json", `\{"time":"[^"]*Z","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","detail":"http://own.example/","macs":\["0004132202F8"\],"phones":1\}`+"\n")
	h.says("olga", "history 2e4 --json", `(?s).*"account":"acme","by":"olga","from":"192.0.2.7","key":"password","command":"DEREGISTER".*`)
	h.refuses("acme", "history 1", StatusMisunderstood, `"1": expected`)
}

// What one command did in many transactions is one line, cut for people and
// whole for programs.
func TestHistoryOfALongList(t *testing.T) {
	h := newHouse(t)
	var list strings.Builder
	for i := range 2*batchSize + 1 {
		fmt.Fprintf(&list, "000413%06X\n", 2*i)
	}
	h.gives("acme", "register -", list.String(), StatusDone, "20001 lines: 20001 registered.\n")
	out, _, _ := h.at("acme", 0, "history", "")
	first, _, _ := strings.Cut(out, "\n")
	if strings.Count(out, "\n") != 2 || !strings.HasSuffix(first, " and more, 20001 phones in all") || strings.Count(first, " 000413") != maxShownRanges {
		t.Errorf("%.1000q", out)
	}
	out, _, _ = h.at("acme", 0, "history --json", "")
	first, _, _ = strings.Cut(out, "\n")
	var entry struct {
		MACs   []string
		Phones int
	}
	if err := json.Unmarshal([]byte(first), &entry); err != nil || entry.Phones != 20001 || len(entry.MACs) != 20001 {
		t.Errorf("%v: %d in %d", err, entry.Phones, len(entry.MACs))
	}
	h.says("acme", "history 000413000002", "[^\n]* REGISTER 000413000002\n")
	h.gives("bravo", "register -", strings.ReplaceAll("\n"+lines(2*batchSize+1), "\n000413", "\n00041F"), StatusDone, "20001 lines: 20001 registered.\n")
	h.says("bravo", "history", "[^\n]* REGISTER 00041F000000-00041F004E20\n.*\n")
}

// Every command answers programs in objects, a line each, and says what was
// wrong in one.
func TestJSON(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"registered","setting_server":"http://prov.acme.example/\{mac\}","registered_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}`+"\n")
	h.says("acme", "show 2e4 --json", `\{"mac":"0004132202E4",.*"state":"registered",.*\}`+"\n")
	h.says("bravo", "show 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"taken"\}`+"\n")
	h.says("olga", "show 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"registered","account":"acme",.*\}`+"\n")
	h.says("acme", "show F8E7D6000001 --json", `\{"mac":"F8E7D6000001","model":"","state":"unregistered"\}`+"\n")
	h.says("acme", "deregister 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"held","held_until":"[^"]*Z"\}`+"\n")
	h.says("bravo", "show 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"taken"\}`+"\n")
	h.says("acme", "list --json", "")
	h.says("olga", "account show acme --json", `\{"account":"acme","role":"partner","state":"enabled","setting_server":"http://prov.acme.example/\{mac\}","password":false,"keys":\[\],"created_at":"[^"]*Z"\}`+"\n")
	h.says("olga", "account password acme --json", `\{"account":"acme","password":"[A-Z2-7]{20}"\}`+"\n")

	for _, c := range []struct {
		as     store.Name
		line   string
		status int
		code   code
	}{
		{"bravo", "register 2e4 --json", StatusRefused, codeTaken},
		{"olga", "account add acme --json", StatusRefused, codeTaken},
		{"acme", "deregister 2e4 --json", StatusRefused, codeNotFound},
		{"olga", "account show nobody --json", StatusRefused, codeNotFound},
		{"acme", "show xyz --json", StatusMisunderstood, codeMalformedMAC},
		{"acme", "register 2ff-2e0 --json", StatusMisunderstood, codeMalformedMAC},
		{"acme", "server nonsense --json", StatusMisunderstood, codeMalformedURL},
		{"acme", "server http://provisioning.snom.com/ --json", StatusRefused, codeMalformedURL},
		{"acme", "frobnicate --json", StatusMisunderstood, codeUsage},
		{"acme", "show --json", StatusMisunderstood, codeUsage},
		{"acme", `show "open --json`, StatusMisunderstood, codeUsage},
		{"acme", "account list --json", StatusRefused, codeForbidden},
		{"bare", "register 2e4 --json", StatusRefused, codeTaken},
		{"bare", "register 2e5 --json", StatusRefused, codeForbidden},
	} {
		out, problems, status := h.at(c.as, 0, c.line, "")
		var told errorObject
		if err := json.Unmarshal([]byte(problems), &told); err != nil || told.Code != c.code || told.Error == "" || status != c.status || out != "" {
			t.Errorf("%s: status %d, %q, %q (%v); want %d, %s", c.line, status, out, problems, err, c.status, c.code)
		}
	}
	h.gives("acme", "register - --json", "2e5\nxyz\n", StatusRefused, `{"registered":1,"deregistered":0,"changed":0,"unchanged":0,"failed":1}`+"\n",
		`{"error":"Line 2: \"xyz\": expected twelve hex digits, such as 0004132202E4, or the last 3 to 6 of 000413220000, such as 2E4.","code":"malformed_mac","line":2}`)
	h.registry = &failingChange{Registry: h.registry, at: 1}
	h.gives("acme", "register 2e4 --json", "", StatusRefused, "", `{"error":"Internal error; the service's log has the details. Try again, or tell your operator.","code":"internal"}`)

	h = newHouse(t)
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n"
	for _, c := range commands {
		if c.alias != "" || c.example == "retarget http://old.example.com/{mac} http://prov.example.com/{mac} --yes" {
			continue
		}
		input := "2e4\n"
		if strings.HasSuffix(c.example, "key acme add -") {
			input = key
		}
		out, problems, _ := h.at("olga", 80, c.example+" --json", input)
		for line := range strings.Lines(out + problems) {
			var object map[string]any
			if err := json.Unmarshal([]byte(line), &object); err != nil || len(object) == 0 {
				t.Errorf("%s: %q, %v", c.example, line, err)
			}
		}
	}
}

// No dry run changes anything, and each says what it is.
func TestDryRuns(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e6 http://old.example.com/{mac}", "(?s).*")
	h.says("acme", "register 2e5 2f0", "(?s).*")
	h.says("acme", "deregister 2f0", ".*\n")
	h.says("olga", "register 301 http://old.example.com/{mac}", "(?s).*")
	h.says("olga", "account add zulu", ".*\n")
	for _, c := range commands {
		if c.changes == nothing || c.run == nil {
			continue
		}
		line := strings.NewReplacer("account add acme", "account add new", "account remove acme --transfer-to", "account remove acme --transfer-to",
			"free 2e4", "free 2f0", "account remove acme", "account remove zulu", "SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE", "nonsense").Replace(c.example)
		input := "2e4\n2f1\n"
		before := h.everything()
		if strings.HasSuffix(line, "key acme add -") {
			input = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n"
		}
		h.log.Reset()
		out, problems, _ := h.at("olga", 0, strings.TrimSuffix(line, " --dry-run")+" --dry-run", input)
		for said := range strings.Lines(out) {
			if !strings.HasPrefix(said, "Dry run: ") {
				t.Errorf("%s: %q", line, said)
			}
		}
		if out == "" && problems == "" {
			t.Errorf("%s: says nothing", line)
		}
		if after := h.everything(); after != before {
			t.Errorf("%s: was\n%s\nand is\n%s", line, before, after)
		}
		if strings.Contains(h.log.String(), "msg=changed") {
			t.Errorf("%s: %s", line, h.log.String())
		}
	}
}

// everything is all that the store tells.
func (h *house) everything() string {
	h.Helper()
	accounts, err := h.registry.Accounts()
	if err != nil {
		h.Fatal(err)
	}
	phones, err := h.registry.Phones(0, macaddr.Addr{}, 1000)
	if err != nil {
		h.Fatal(err)
	}
	history, err := h.registry.History(0, macaddr.Addr{}, store.Mark{}, 1000)
	if err != nil {
		h.Fatal(err)
	}
	held, err := h.registry.Phone(macaddr.MustParse("0004132202F0"))
	if err != nil {
		h.Fatal(err)
	}
	uploads := ""
	for _, a := range accounts {
		all, err := h.registry.Jobs(a.ID)
		uploads += fmt.Sprint(all, err)
	}
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%s", accounts, phones, history, held, uploads)
}
