package shell

import (
	"os"
	"slices"
	"strings"
	"testing"

	"snomredirect/sshconsole/table"
)

func TestHelpIsTheOldConsoles(t *testing.T) {
	want, err := os.ReadFile("testdata/help.golden")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	out, _, status := h.at("acme", 80, "HeLp", "")
	if rest, ok := strings.CutPrefix(out, string(want)); !ok || status != StatusDone || strings.Contains(rest, "ACCOUNT") ||
		!strings.Contains(rest, "Phones         : REGISTER, DEREGISTER,") || strings.Count(out, "\n") > 24 {
		t.Errorf("a partner's help, status %d:\n%s", status, out)
	}
	out, _, _ = h.at("olga", 80, "help", "")
	if rest, ok := strings.CutPrefix(out, string(want)); !ok || !strings.Contains(rest, "For operators  : ACCOUNT,") || strings.Count(out, "\n") > 24 {
		t.Errorf("an operator's help:\n%s", out)
	}
	out, _, _ = h.at("acme", 80, "help all", "")
	if !strings.Contains(out, "REGISTER <mac>... [<url>]") || !strings.Contains(out, "HISTORY [<mac>]") || strings.Contains(out, "ACCOUNT ") {
		t.Errorf("all of a partner's commands:\n%s", out)
	}
	h.says("olga", "help all", `(?s).*ACCOUNT ADD <name> \[<url>\] .*`)
	h.says("acme", "help register", `REGISTER <mac>\.\.\. \[<url>\] \[--follow\] \[--yes\]: Register phones, or ranges of them\.
    register 2e4 0004132202F0-0004132202FF http://prov\.example\.com/\{mac\}
REGISTER - \[<url>\] \[--atomic\] \[--short\] \[--yes\]: Register the phones listed on standard input\.
    register - --atomic
Options:
--follow: let the phones follow the account's setting server, also those with a URL of their own
--yes   : don't ask
--atomic: change all phones of the list or, if one of them can't be changed, none
--short : accept MACs of 3 to 6 digits, which replace the last ones of 000413220000
`)
	h.says("acme", "help reg", "(?s)REGISTER .*")
	h.refuses("acme", "help account", StatusRefused, "ACCOUNT is for operators.")
	h.refuses("acme", "help nonsense", StatusMisunderstood, `Unknown command "nonsense"`)
}

// Each command is found in the help, and each option is explained.
func TestHelpIsComplete(t *testing.T) {
	listed := map[string]int{}
	for _, topic := range topics {
		for _, name := range topic.Commands {
			listed[name]++
		}
	}
	used := map[string]bool{}
	for _, c := range commands {
		name := strings.Fields(c.usage)[0]
		if c.alias == "" && c.group != table.Classic && c.group != table.Unlisted && listed[name] != 1 {
			t.Errorf("%s is in %d topics", name, listed[name])
		}
		for _, option := range c.row().Options() {
			used[option] = true
			if optionTexts[option] == "" {
				t.Errorf("%s: --%s is not explained", c.usage, option)
			}
		}
	}
	for name := range listed {
		if !slices.ContainsFunc(commands, func(c *command) bool { return strings.Fields(c.usage)[0] == name }) {
			t.Errorf("there is no command %s", name)
		}
	}
	for option := range optionTexts {
		if !used[option] {
			t.Errorf("no command has --%s", option)
		}
	}
}
