package shell

import (
	"strings"
	"testing"

	"snomredirect/sshconsole/lineedit"
)

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
		"Line 12: \"2ebÿ\": expected twelve hex digits",
	}
	taken := "Line 7: 0004132202E6 is registered by another account.\n"
	h.gives("acme", "register - --atomic --short", list, StatusRefused, "", append(problems, "6 lines can't be read; nothing was done.\n")...)
	h.gives("acme", "register - --dry-run --short", list, StatusRefused, "Dry run: 10 lines: 3 would be registered, 7 failed.\n", append(problems, taken)...)
	h.says("acme", "count", "0\n")
	h.gives("acme", "register - --short", list, StatusRefused, "10 lines: 3 registered, 7 failed.\n", append(problems, taken)...)
	h.says("acme", "export", "0004132202E4,\n0004132202E5,"+own+"\n0004132202EC,\n")
	h.says("acme", "history", `[^\n]* acme from 192\.0\.2\.7 by password: REGISTER 0004132202E4-0004132202E5 0004132202EC\n.*\n`)

	// The list's URLs take precedence over the command's.
	h.gives("acme", "register - http://all.example/ --short", "2e4\n2e5,"+own+"\n", StatusDone, "2 lines: 1 changed, 1 unchanged.\n")
	h.gives("acme", "register - --atomic --short", "2e4\n2e6\n2ed\n", StatusRefused, "", "Line 2: 0004132202E6 is registered by another", "1 line was refused; nothing was done.\n")
	h.gives("acme", "register - --atomic --dry-run --short", "2e4\n2ed\n", StatusDone, "Dry run: 2 lines: 1 would be registered, 1 would be changed.\n")
	h.gives("acme", "deregister - --short", "2e4,http://what.example/\n2ff\n2e5,whatever\n2ec,http://provisioning.snom.com/\n", StatusRefused, "4 lines: 2 deregistered, 2 failed.\n",
		"Line 3: \"whatever\": expected a URL", "Line 2: 0004132202FF is not registered.\n")
	h.says("acme", "export", "0004132202E5,"+own+"\n")
	// If a phone is listed more than once, the last line counts.
	h.gives("acme", "register - --short", "2e5\n2e4,"+own+"\n2e4\n", StatusDone, "3 lines: 1 registered, 2 changed.\n")
	h.says("acme", "export", "0004132202E4,\n0004132202E5,\n")

	for list, want := range map[string]string{
		"":                       "Standard input lists no phones; nothing was done.\n",
		"# nothing\n\nmac,url\n": "Standard input lists no phones; nothing was done.\n",
		"phone,place\n2e9,x\n":   "Line 1: expected a column named mac in the header",
	} {
		h.gives("acme", "register - --short", list, StatusMisunderstood, "", want)
	}
	for _, first := range []string{"xyz\n", "204;nonsense\n", "413229\n2e9;http://x.example/\n", "204 2e4\n", "2e9;nonsense\n2e4\n"} {
		for _, command := range []string{"register -", "deregister -", "register - --atomic", "deregister - --dry-run", "deregister - --short"} {
			if short := strings.HasSuffix(command, "--short"); !short || !strings.HasPrefix(first, "413229") {
				h.gives("acme", command, first, StatusMisunderstood, "", "Line 1: ")
			}
		}
	}
	h.gives("olga", "register - --account acme --short", "2e9\n", StatusDone, "1 line: 1 registered.\n")
	h.says("acme", "show 2e9", "(?s).*State:          registered\n.*")
	if all, err := h.registry.Jobs(h.account("acme").ID); err != nil || len(all) > 0 {
		t.Errorf("jobs left: %+v, %v", all, err)
	}
}

// REGISTER - accepts what EXPORT writes.
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

// In a script, a list extends to its end: its lines are never run as commands.
func TestListInAScript(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "", "register 2e4\nregister - --short\n2e5\nlist\n", StatusRefused,
		"0004132202E4 registered. Setting server: "+serverA+" (the account's)\n2 lines: 1 registered, 1 failed.\n", "Line 2: ")
	many := strings.Repeat("2e5\n", maxAtOnce+10) + "list\n"
	h.gives("acme", "", "deregister - --atomic --short\n"+many, StatusMisunderstood, "", "With --atomic a list can have at most 65536 lines")
	h.gives("acme", "", "register -\nnumber,place\n1,2\nlist\n", StatusMisunderstood, "", "Line 1: expected a column named mac")
}

// If the store fails during a list, the error reports how far the list came.
func TestUploadIntoAFailingStore(t *testing.T) {
	h := newHouse(t)
	whole := h.registry
	h.registry = &failingChange{Registry: whole, at: 8}
	h.gives("acme", "register -", lines(2*chunkSize), StatusRefused, "", failure.text,
		"The list was not completed: lines 1 to 50000 were processed, and some up to line 100000. Send the whole list again")
	h.registry = whole
	h.gives("acme", "count", "", StatusDone, "70000\n")
	if !strings.Contains(h.log.String(), "disk is full") {
		t.Errorf("the log has no reason: %s", h.log.String())
	}
}

func TestUploadIsLogged(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register - --short", "2e4\nxyz\n", StatusRefused, "2 lines: 1 registered, 1 failed.\n", "Line 2:")
	if !strings.Contains(h.log.String(), "phones=1") {
		t.Error(h.log.String())
	}
}

// A dry run counts phones that are listed more than once as the real run does.
func TestDryRunOfRepeatedPhones(t *testing.T) {
	h := newHouse(t)
	list := strings.Repeat("2e4\n", batchSize) + "2e5\n"
	h.gives("acme", "register - --dry-run --short", list, StatusDone, "Dry run: 10001 lines: 2 would be registered, 9999 unchanged.\n")
	h.gives("acme", "register - --short", list, StatusDone, "10001 lines: 2 registered, 9999 unchanged.\n")
}
