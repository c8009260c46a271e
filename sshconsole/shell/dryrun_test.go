package shell

import (
	"strings"
	"testing"
)

// A dry run changes nothing, and says that it is one.
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
			t.Errorf("%s: no output", line)
		}
		if after := h.everything(); after != before {
			t.Errorf("%s: was\n%s\nis now\n%s", line, before, after)
		}
		if strings.Contains(h.log.String(), "msg=changed") {
			t.Errorf("%s: %s", line, h.log.String())
		}
	}
}

func TestDryRunsThatWouldFail(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.refuses("olga", "account remove acme --dry-run", StatusRefused, "acme has registered phones")
	h.says("olga", "account password acme --dry-run", "Dry run: acme would get a new password.\n")
	h.says("acme", "register 2e5 --dry-run --json", `.*"dry_run":true\}`+"\n")
	h.says("acme", "show 2e4 --json=false", "(?s)MAC: .*")
	h.says("acme", "register 2e5 --dry-run=false", "0004132202E5 registered.*\n")
}
