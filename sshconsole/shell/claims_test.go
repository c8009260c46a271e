package shell

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"snomredirect/store"
)

// The owner and the claimant learn of a claim, and neither the other's name.
func TestClaims(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.refuses("acme", "claim 2e4", StatusRefused, "0004132202E4 is yours already")
	h.refuses("bravo", "claim 2e5", StatusRefused, "0004132202E5 is not registered: REGISTER 0004132202E5")
	h.refuses("bare", "claim 2e4", StatusRefused, "SERVER <url>")
	h.says("bravo", "claim 2e4 --dry-run", "Dry run: 0004132202E4 would be claimed.\n")
	h.says("bravo", "claim list", "")
	h.says("bravo", "claim 2e4", "0004132202E4 claimed: an operator decides, until 20.* UTC.\n")
	h.refuses("bravo", "claim 2e4", StatusRefused, "You have claimed 0004132202E4 already")
	h.says("bravo", "claim list", "0004132202E4, claimed by you, until 20.* UTC\n")
	h.says("bravo", "claim list --json", `{"mac":"0004132202E4","yours":true,"until":"[^"]*"}`+"\n")
	h.says("acme", "claim list", "0004132202E4, claimed by another account, until 20.* UTC\n")
	h.says("acme", "show 2e4", "(?s).*Claimed: .*UTC; to object: CLAIM OBJECT 0004132202E4\n.*")
	h.says("bare", "claim list", "")
	h.says("olga", "claim list", "0004132202E4, registered by acme, claimed by bravo, until 20.* UTC\n")
	h.refuses("bravo", "claim object 2e4", StatusRefused, "CLAIM LIST")
	h.refuses("acme", "claim deny 2e4 bravo", StatusRefused, "operators")
	h.says("acme", "claim object 2e4", "0004132202E4: objected. .*\n")
	h.says("acme", "show 2e4", "(?s).*Claimed: .*you have objected\n.*")
	h.refuses("olga", "claim grant 2e4 bare", StatusRefused, "0004132202E4 has no such claim")
	h.says("olga", "claim grant 2e4 bravo", "0004132202E4: claim granted.\n")
	h.says("bravo", "show 2e4", "(?s).*Setting server: http://prov.bravo.example/.*")
	h.says("acme", "history", "(?s).*an operator: CLAIM GRANT 0004132202E4 to another account\n.*another account: CLAIM 0004132202E4\n.*")
	for reader, other := range map[string]string{"acme": "bravo", "bravo": "acme"} {
		var out strings.Builder
		h.runs(t.Context(), h.caller(store.Name(reader)), IO{Out: &out, Err: &out}, "history")
		if regexp.MustCompile(`\b` + other + `\b|olga`).MatchString(out.String()) {
			t.Errorf("%s reads %s", reader, &out)
		}
	}
	h.says("acme", "claim 2e4", ".*\n")
	h.says("olga", "claim deny 2e4 acme", "0004132202E4: claim denied.\n")
	h.says("olga", "claim list", "")
}

// At a prompt, owners and operators are told of claims.
func TestClaimNotices(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.says("bravo", "claim 2e4", ".*\n")
	for name, want := range map[store.Name]string{"acme": "Phones of yours that another account claims: 1. CLAIM LIST shows them.\n", "olga": "Claims that wait for an operator's decision: 1. CLAIM LIST shows them.\n", "bravo": ""} {
		var out strings.Builder
		h.runs(t.Context(), h.caller(name), IO{In: h.input(strings.NewReader("")), Out: &out, Err: &out, Width: func() int { return 80 }}, "")
		if got := out.String(); got != fmt.Sprintf(welcomeText, name)+want+"\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
