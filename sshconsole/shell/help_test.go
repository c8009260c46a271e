package shell

import (
	"os"
	"strings"
	"testing"
)

func TestHelpIsTheOldConsoles(t *testing.T) {
	want, err := os.ReadFile("testdata/help.golden")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	out, _, status := h.at("acme", 80, "HeLp", "")
	if rest, ok := strings.CutPrefix(out, string(want)); !ok || status != StatusDone || strings.Contains(rest, "ACCOUNT") ||
		!strings.Contains(rest, "REGISTER <mac>... [<url>]") || !strings.Contains(rest, "HISTORY [<mac>]") {
		t.Errorf("a partner's help, status %d:\n%s", status, out)
	}
	out, _, _ = h.at("olga", 80, "help", "")
	if rest, ok := strings.CutPrefix(out, string(want)); !ok || !strings.Contains(rest, "ACCOUNT ADD <name> [<url>]") {
		t.Errorf("an operator's help:\n%s", out)
	}
	h.says("acme", "help register", `REGISTER <mac>\.\.\. \[<url>\]: Register phones, or ranges of them\.
    register 2e4 0004132202F0-0004132202FF http://prov\.example\.com/\{mac\}
REGISTER - \[<url>\] \[--atomic\] \[--short\]: Register the phones listed on standard input\.
    register - --atomic
`)
	h.says("acme", "help reg", "(?s)REGISTER .*")
	h.refuses("acme", "help account", StatusRefused, "ACCOUNT is for operators.")
	h.refuses("acme", "help nonsense", StatusMisunderstood, `Unknown command "nonsense"`)
}
