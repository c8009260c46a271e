package shell

import (
	"strings"
	"testing"
)

// Operators are told which account has a phone, and what to do. Partners are not.
func TestRefusalsNameTheOwner(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	h.says("acme", "deregister 2e5", ".*\n")
	for line, want := range map[string]string{
		"register 2e4 " + serverA:             "0004132202E4 is registered by acme: TRANSFER 0004132202E4 olga moves it.\n",
		"register 2e4 --account bravo":        "0004132202E4 is registered by acme: TRANSFER 0004132202E4 bravo moves it.\n",
		"register 2e5 --account bravo --json": `{"error":"0004132202E5 is on hold for acme: FREE 0004132202E5 lets any account register it.","code":"taken"}` + "\n",
		"deregister 2e5":                      "0004132202E5 is not registered, but on hold for acme: FREE 0004132202E5 ends the hold.\n",
		"transfer 2e5 bravo":                  "0004132202E5 is not registered, but on hold for acme: FREE 0004132202E5 ends the hold.\n",
		"free 2e4":                            "0004132202E4 is registered by acme: DEREGISTER 0004132202E4 first.\n",
		"free 2e6":                            "0004132202E6 is not on hold.\n",
		"deregister 2e6":                      "0004132202E6 is not registered.\n",
	} {
		h.refuses("olga", line, StatusRefused, want)
	}
	h.gives("olga", "register - --account bravo", "0004132202E4\n0004132202E6\n", StatusRefused, "2 lines: 1 registered, 1 failed.\n",
		"Line 1: 0004132202E4 is registered by acme: TRANSFER 0004132202E4 bravo moves it.\n")
	for _, line := range []string{"register 2e4", "register 2e5", "register 2e4 2e5", "deregister 2e4", "deregister 2e5", "register 2e4 --dry-run"} {
		if out, problems, status := h.at("bravo", 0, line, ""); status != StatusRefused || strings.Contains(out+problems, "acme") {
			t.Errorf("%s: status %d, %q, %q", line, status, out, problems)
		}
	}
	h.says("olga", "transfer 2e4 bravo", ".*\n")
	h.says("olga", "account remove acme", "acme removed.\n")
	h.refuses("olga", "register 2e5 --account bravo", StatusRefused, "0004132202E5 is on hold for a removed account: FREE 0004132202E5 lets any account register it.\n")
}
