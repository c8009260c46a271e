package shell

import (
	"strings"
	"testing"

	"snomredirect/sshconsole/usage"
)

// spellings returns ways to spell a command line: in capitals, with more white space,
// with quotes, with options, and in letters that look alike.
func spellings(line string) []string {
	quoted := `"` + strings.Join(strings.Fields(line), `" "`) + `"`
	return []string{line, strings.ToUpper(line), "\t " + strings.ReplaceAll(line, " ", "  ") + " \t", quoted, line + " --json", line + " --dry-run",
		strings.NewReplacer("a", "а", "c", "с", "e", "е").Replace(line)}
}

// Each command can be found by its usage and by its example, by the callers that
// HELP shows it to and no others, and accepts --json, and --dry-run if it changes
// something.
func TestTable(t *testing.T) {
	h := newHouse(t)
	sample := strings.NewReplacer("<mac>...", "2e4 2e5-2ff", "<mac>", "2e4", "[<url>]", serverA, "<url>", serverA, "<name>", "acme", "<text>...", "ACME Ltd",
		"<partner|operator>", "partner", "<key|->...", "nonsense", "<fingerprint>", "nonsense", "<command>", "show", "[<mac>]", "2e4",
		"[<model>]", "snom360", "<time>", "7d", "<path>", "/x", "--user-agent <text>", "--user-agent x", "<old-url>", serverA, "<new-url>", serverA, "<other>", "bravo", "<file>", "snom360.htm", "[--version <n>]", "--version 2", "<version>", "2", "[", "", "]", "")
	for _, c := range commands {
		if c.summary == "" || c.alias == "" && (c.example == "" || c.run == nil) {
			t.Errorf("%s has no summary, example or function", c.usage)
		}
		lines := []string{sample.Replace(c.usage), c.example}
		if c.alias != "" {
			lines = lines[:1]
		}
		for _, line := range lines {
			words, err := usage.Split(line)
			if err != nil {
				t.Fatal(err)
			}
			for _, operates := range []bool{false, true} {
				got, err := find(words, operates)
				found := got.cmd
				if c.group == operator && !operates {
					for _, spelled := range spellings(line) {
						words, err := usage.Split(spelled)
						if err != nil {
							t.Fatal(err)
						}
						if got, err := find(words, operates); err == nil && got.cmd.group == operator {
							t.Errorf("%q of a partner: %v", spelled, got.cmd)
						}
					}
					if err == nil || !strings.HasSuffix(err.Error(), "for operators.") && !strings.HasPrefix(err.Error(), "Type help") {
						t.Errorf("%q of a partner: %v, %v", line, found, err)
					}
					continue
				}
				if err != nil || found != c && found.words() != c.alias {
					t.Errorf("%q is %+v, %v", line, found, err)
				}
				if got, err := find(append(words, "--json"), operates); err != nil || got.cmd != found || got.options[usage.JSON] != "" {
					t.Errorf("%q does not accept --json: %v", line, err)
				}
				got, err = find(append(words, "--dry-run"), operates)
				if _, ok := got.options[usage.DryRun]; ok != (found.changes != nothing) || ok != (err == nil) {
					t.Errorf("%q accepts --dry-run: %v, %v", line, ok, err)
				}
			}
		}
	}
	h.refuses("acme", "account list", StatusRefused, "ACCOUNT is for operators.")
	h.refuses("acme", "register 2e4 --account bravo", StatusRefused, "for operators")
	h.refuses("acme", "frobnicate", StatusMisunderstood, `Unknown command "frobnicate". Type help for help.`)
	h.refuses("acme", `"\x1b[2J"`, StatusMisunderstood, `Unknown command "\\x1b[2J"`)
	h.refuses("acme", "show", StatusMisunderstood, "Expected: SHOW <mac>...")
	h.refuses("acme", "show 2e4 x", StatusMisunderstood, `"x": expected`)
	h.refuses("acme", "list snom360 all", StatusMisunderstood, "Expected: LIST [<model>] [--long] [--server <url>]")
	h.refuses("acme", "register", StatusMisunderstood, "Expected: REGISTER <mac>... [<url>] [--follow] [--yes], or: REGISTER - [<url>] [--atomic] [--short] [--yes]\n")
	h.refuses("olga", "register", StatusMisunderstood, "Expected: REGISTER <mac>... [<url>] [--follow] [--yes], or: REGISTER - [<url>] [--atomic] [--short] [--yes]\n")
	h.refuses("olga", "register 2e4 --force", StatusMisunderstood, "unknown flag: --force. Type help register for its forms; put -- before words starting with a dash.")
	h.refuses("olga", "register 2e4 --account", StatusMisunderstood, "flag needs an argument: --account.")
	h.says("olga", "register 2e4 -h", "(?s)REGISTER .*--account.*")
	h.says("olga", "help account key", "(?s)ACCOUNT KEY <name> ADD.*ACCOUNT KEY <name> LIST.*ACCOUNT KEY <name> REMOVE[^\n]*\n[^\n]*\n")
	h.refuses("olga", "help account frob", StatusMisunderstood, "Unknown command")
	h.refuses("olga", "account", StatusMisunderstood, "Type help account for its forms.")
	h.refuses("olga", "account key acme", StatusMisunderstood, "Expected: ACCOUNT KEY <name> ADD <key|->..., or: ACCOUNT KEY <name> LIST, or: ACCOUNT KEY <name> REMOVE <fingerprint>")
	h.refuses("olga", "account server acme ''", StatusMisunderstood, "Expected: ACCOUNT SERVER <name> <url>")
	h.refuses("acme", "register 2e4 ''", StatusMisunderstood, `"": expected twelve hex digits`)
	h.refuses("olga", "account server acme", StatusMisunderstood, "Expected: ACCOUNT SERVER <name> <url>")
}

// Usage errors don't show partners the options of operators.
func TestUsageOfPartners(t *testing.T) {
	h := newHouse(t)
	for _, line := range []string{"register", "list a b", "count a b", "export x", "history 1 2"} {
		out, problems, _ := h.at("acme", 0, line, "")
		if strings.Contains(out+problems, "--account") {
			t.Errorf("%s: %s", line, problems)
		}
	}
}

// The value of an option may be the word false.
func TestOptionValueFalse(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "account add false http://false.example/", ".*\n")
	h.says("olga", "register 2e4 --account false", ".*\n")
	h.says("olga", "show 2e4", "(?s).*Account:        false\n.*")
	h.refuses("olga", "list --server false", StatusMisunderstood, "expected a URL")
}

// A dash as the value of an option is not a list: the lines after it are commands.
func TestDashAsAnOptionsValue(t *testing.T) {
	h := newHouse(t)
	out, _, _ := h.at("olga", 0, "", "register 2e4 --account -\ncount\n")
	if out != "0\n" {
		t.Errorf("%q", out)
	}
}

// --json is never the value of another option, and what was typed is quoted as it
// was.
func TestJSONAmongOptions(t *testing.T) {
	h := newHouse(t)
	h.refuses("acme", "show 2e4 --json=foo", StatusMisunderstood, `"show 2e4 --json=foo": --json takes true or false, or no value. Type help show`)
	h.refuses("acme", "list --server --json http://x", StatusMisunderstood, `{"error":"\"list --server --json http://x\": flag needs an argument: --server.`)
	h.refuses("acme", "explain 2e4 --user-agent --json", StatusMisunderstood, `flag needs an argument: --user-agent.`)
	h.refuses("acme", "list --server=--json", StatusMisunderstood, `"--json": expected a URL`)
	h.refuses("acme", "list --json --sever x", StatusMisunderstood, `\"list --json --sever x\": unknown flag: --sever: did you mean --server?`)
	h.says("acme", "show 2e4 --json=false", "(?s)MAC: .*")
	h.says("olga", "account company acme -- --json", ".*company --json\n")
	h.says("acme", "register --json 2e4", ".*\n")
	if !strings.Contains(h.log.String(), `command="register --json 2e4"`) {
		t.Error(h.log.String())
	}
	h.says("acme", "history", "(?s).*: REGISTER 0004132202E4.*")
	for _, line := range []string{"register --json -", "register --account --json -", "register --atomic -"} {
		if out, _, _ := h.at("acme", 0, "", line+"\ncount\n"); strings.Contains(out, "\n1\n") {
			t.Errorf("%s: the line after it ran: %q", line, out)
		}
	}
}

// A wrong option leads to the usage of the same command.
func TestUsageOfTheSameCommand(t *testing.T) {
	h := newHouse(t)
	h.refuses("olga", "account add x1 --transfer-to y", StatusMisunderstood, "Expected: ACCOUNT ADD <name> [<url>]\n")
	h.refuses("olga", "account --transfer-to y", StatusMisunderstood, "ACCOUNT needs another word.")
	h.refuses("olga", "account lsit --transfer-to y", StatusMisunderstood, `Unknown command "account lsit": did you mean ACCOUNT LIST?`)
	h.refuses("olga", "register 2e4 --atomic", StatusMisunderstood, "Expected: REGISTER <mac>... [<url>] [--follow] [--yes]\n")
	h.refuses("acme", "register 2e4 --atomic", StatusMisunderstood, "Expected: REGISTER <mac>... [<url>] [--follow] [--yes]\n")
	h.refuses("olga", "register 2e4 --atomic --account acme", StatusMisunderstood, "Expected: REGISTER <mac>... [<url>] [--follow] [--yes] --account <name>\n")
	h.refuses("acme", "watch 2e4 2e5 --unregistered", StatusMisunderstood, "Expected: WATCH [<mac>]\n")
}
