package shell

import (
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	h := newHouse(t)
	h.shell.Config = Config{Registry: h.registry}
	acme, olga := h.account("acme"), h.account("olga")
	for _, c := range []struct {
		line, want string
		candidates string // of several
	}{
		{"s", "s", "SERVER SHOW"},
		{"SH", "SHOW ", ""},
		{"sh", "show ", ""},
		{"r", "re", "REG REGISTER RETARGET"},
		{"regi", "register ", ""},
		{"x", "x", ""},
		{"acc", "acc", ""}, // for operators
		{"show 2", "show 2", ""},
		{"show ", "show ", ""},
		{"list snom36", "list snom360 ", ""},
		{"count SNOMD12", "count SNOMD120 ", ""},
		{"list snom3", "list snom3", "snom300 snom320 snom360 snom370"},
		{"list snom360 ", "list snom360 ", ""},
		{"list --", "list --", "--json --limit --long --search --server --silent"},
		{"list --si", "list --silent ", ""},
		{"list --server http://x/ snom36", "list --server http://x/ snom360 ", ""},
		{"list --server ", "list --server ", ""},
		{"list --silent=7d --ser", "list --silent=7d --server ", ""},
		{"reg 2e4 2e5 --", "reg 2e4 2e5 --", "--dry-run --follow --json --yes"}, // --account is for operators
		{"register - --a", "register - --atomic ", ""},
		{"whoami x --", "whoami x --", ""}, // WHOAMI takes no words
		{"help ret", "help retarget ", ""},
		{"? hist", "? history ", ""},
		{"help acc", "help acc", ""},
		{"account show ac", "account show ac", ""},
		{"transfer 2e4 br", "transfer 2e4 br", ""},
		{"register 2e4 --account ac", "register 2e4 --account ac", ""},
		{"list snomm\u212a", "list snomm\u212a", ""},
	} {
		got, pos, candidates := h.shell.Complete(c.line, len(c.line), acme)
		if got != c.want || pos != len(c.want) || strings.Join(candidates, " ") != c.candidates {
			t.Errorf("%q of a partner: %q, %d, %q; want %q, %q", c.line, got, pos, candidates, c.want, c.candidates)
		}
	}
	for _, c := range []struct{ line, want, candidates string }{
		{"acc", "account ", ""},
		{"account ro", "account role ", ""},
		{"ACCOUNT RO", "ACCOUNT ROLE ", ""},
		{"account role acme ", "account role acme ", "operator partner"},
		{"account key acme r", "account key acme remove ", ""},
		{"account key acme ", "account key acme ", "ADD LIST REMOVE"},
		{"account key acme remove ", "account key acme remove ", ""},
		{"account show ac", "account show acme ", ""},
		{"account show b", "account show b", "bare bravo"},
		{"account add ac", "account add ac", ""}, // a new name
		{"account remove acme --transfer-to br", "account remove acme --transfer-to bravo ", ""},
		{"register 2e4 --account ac", "register 2e4 --account acme ", ""},
		{"transfer 2e4 2e5 ol", "transfer 2e4 2e5 olga ", ""},
		{"transfer ol", "transfer ol", ""},
		{"help account k", "help account key ", ""},
		{"help account key ", "help account key ", "ADD LIST REMOVE"},
		{"watch --u", "watch --unregistered ", ""},
	} {
		got, pos, candidates := h.shell.Complete(c.line, len(c.line), olga)
		if got != c.want || pos != len(c.want) || strings.Join(candidates, " ") != c.candidates {
			t.Errorf("%q of an operator: %q, %d, %q; want %q, %q", c.line, got, pos, candidates, c.want, c.candidates)
		}
	}
	if got, pos, _ := h.shell.Complete("sh 2e4", 2, acme); got != "show  2e4" || pos != 5 {
		t.Errorf("in the middle: %q, %d", got, pos)
	}
	if got, _, candidates := h.shell.Complete("", 0, acme); got != "" || len(candidates) < 15 {
		t.Errorf("%q, %q", got, candidates)
	}
}

func FuzzComplete(f *testing.F) {
	for _, line := range []string{"account key acme r", "list --server x snom", "help account ", "register 2e4 --account=", "\u212a \u017f"} {
		f.Add(line, len(line))
	}
	h := newHouse(f)
	h.shell.Config = Config{Registry: h.registry}
	acme, olga := h.account("acme"), h.account("olga")
	f.Fuzz(func(t *testing.T, line string, pos int) {
		pos = min(max(pos, 0), len(line))
		h.shell.Complete(line, pos, olga)
		got, at, candidates := h.shell.Complete(line, pos, acme)
		if at < pos || got[:pos] != line[:pos] || got[at:] != line[pos:] {
			t.Fatalf("%q, %d: %q, %d", line, pos, got, at)
		}
		for _, c := range append(candidates, got[pos:at]) {
			if strings.Contains(c, "bravo") || strings.Contains(c, "olga") {
				t.Fatalf("%q: %q", line, c)
			}
		}
	})
}
