package table

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/sshconsole/usage"
)

var rows = New([]Row{
	{Usage: "SHOW <mac>", Summary: "Show a phone.", Example: "show 2e4"},
	{Usage: "REGISTER <mac>...", Label: "REGISTER <mac>", Caption: "Register a phone.", Summary: "Register phones.", Changes: true},
	{Usage: "REG <mac>", Alias: "REGISTER", Summary: "Same as REGISTER."},
	{Group: Further, Usage: "REGISTER - [--short]", Summary: "Register a list.", Changes: true},
	{Group: Unlisted, Usage: "HELP <command>...", Summary: "Show one command."},
	{Group: Operator, Usage: "REGISTER <mac>... --account <name>", Summary: "Register for an account.", Changes: true},
	{Group: Operator, Usage: "ACCOUNT LIST", Summary: "List accounts."},
	{Group: Operator, Usage: "ACCOUNT SHOW <name>", Summary: "Show an account."},
}, func(r Row) Row { return r })

func TestFind(t *testing.T) {
	for _, c := range []struct {
		line     string
		operates bool
		want     string // usage or error
	}{
		{"show 2e4", false, "SHOW <mac>"},
		{"reg 2e4 2e5", false, "REGISTER <mac>..."},
		{"register - --short --dry-run", false, "REGISTER - [--short]"},
		{"register 2e4 --account acme", true, "REGISTER <mac>... --account <name>"},
		{"register 2e4 -h", false, "HELP <command>..."},
		{"account show acme", true, "ACCOUNT SHOW <name>"},
		{"account show acme", false, "ACCOUNT is for operators."},
		{"register 2e4 --account acme", false, "REGISTER <mac>... --account <name> is for operators."},
		{"show", false, "Expected: SHOW <mac>"},
		{"show 2e4 --dry-run", false, `"show 2e4 --dry-run": unknown flag: --dry-run. Type help show for its forms; put -- before words starting with a dash.`},
		{"acount", true, `Unknown command "acount": did you mean ACCOUNT? Type help for help.`},
		{"acount", false, `Unknown command "acount". Type help for help.`},
		{"account lsit", true, `Unknown command "account lsit": did you mean ACCOUNT LIST? Type help account for its forms.`},
	} {
		got, _, err := rows.Find(strings.Fields(c.line), c.operates)
		text := got.Usage
		if err != nil {
			text = err.Error()
		}
		if text != c.want {
			t.Errorf("%q, %v: %s, want %s", c.line, c.operates, text, c.want)
		}
		if e, ok := err.(*Error); err != nil && (!ok || e.Forbidden != strings.HasSuffix(c.want, "for operators.")) {
			t.Errorf("%q, %v: %#v", c.line, c.operates, err)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, operates := range []bool{false, true} {
		var b bytes.Buffer
		rows.WriteHelp(&b, []Topic{{"Phones", []string{"REGISTER", "SHOW"}}, {"For operators", []string{"ACCOUNT"}}}, operates)
		if got := b.String(); strings.Contains(got, "For operators: ACCOUNT\n") != operates || !strings.Contains(got, "REGISTER <mac>: Register a phone.\n") ||
			!strings.Contains(got, ": REGISTER, SHOW\n") {
			t.Errorf("operates %v:\n%s", operates, got)
		}
		b.Reset()
		rows.WriteAll(&b, operates)
		if got := b.String(); strings.Contains(got, "ACCOUNT LIST") != operates || !strings.Contains(got, "REGISTER <mac>...: Register phones.\n") ||
			!strings.Contains(got, "REGISTER - ") || strings.Contains(got, "--short") || strings.Contains(got, "HELP <command>...") {
			t.Errorf("operates %v:\n%s", operates, got)
		}
		if n := len(rows.Usable(operates)); n != 5 && !operates || n != 8 && operates {
			t.Errorf("operates %v: %d usable commands", operates, n)
		}
		found, err := rows.Help([]string{"register"}, operates)
		if want := 2; err != nil || len(found) != want && !operates || len(found) != want+1 && operates {
			t.Errorf("operates %v: %v, %v", operates, found, err)
		}
	}
	if found, err := rows.Help([]string{"account", "show"}, true); err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
	for line, want := range map[string]string{"account list": "ACCOUNT LIST is for operators.", "account x": `Unknown command "account x". Type help for help.`, "shwo": `Unknown command "shwo": did you mean SHOW? Type help for help.`} {
		if _, err := rows.Help(strings.Fields(line), false); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", line, err, want)
		}
	}
}

// What is completed depends on the caller; values get the command that they are of.
func TestComplete(t *testing.T) {
	values := func(r Row, value string) []string { return []string{value, r.Usage[:4]} }
	for _, c := range []struct {
		line     string
		operates bool
		want     string
	}{
		{"acc", true, "account "},
		{"acc", false, "acc"},
		{"show s", false, "show show "},
		{"show <", false, "show <mac> "},
		{"register 2e4 --a", true, "register 2e4 --account "},
		{"register 2e4 --a", false, "register 2e4 --a"},
		{"help sh", false, "help show "},
		{"help acc", false, "help acc"},
	} {
		if got, pos, _ := rows.Complete(c.line, len(c.line), c.operates, values); got != c.want || pos != len(c.want) {
			t.Errorf("%q, %v: %q, %d; want %q", c.line, c.operates, got, pos, c.want)
		}
	}
}

// A pasted list gets one message; at a terminal, one for each paste.
func TestStrays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var piped, typed Strays
		for i, word := range []string{"2e4;x", "2e5", "2e6"} {
			if got := piped.Add(word, false).Error(); (got != "") != (i == 0) || i == 0 && !strings.Contains(got, `"2e4;x": did you mean REGISTER 2e4?`) {
				t.Errorf("line %d: %q", i, got)
			}
			if got := typed.Add(word, true).Error(); (got != "") != (i != 1) {
				t.Errorf("at a terminal, line %d: %q", i, got)
			}
			time.Sleep(time.Duration(i+1) * 1500 * time.Millisecond)
		}
	})
	for line, want := range map[string]bool{"2e4": true, "0004132202e4,http://x": true, "2e4-2ff x": true, "bed": false, "show 2e4": false, "xyz1": false} {
		if got := rows.StartsWithMAC(strings.Fields(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestShellSyntax(t *testing.T) {
	if err := rows.ShellSyntax([]string{"show", "|", "wc"}); err == nil || !strings.HasPrefix(err.Text, `"|": the console has no pipes`) {
		t.Errorf("%v", err)
	}
	for _, line := range []string{"show 2e4", "frob | wc"} {
		if err := rows.ShellSyntax(strings.Fields(line)); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// Nobody is told of commands that are not for him, whatever he types, and what a
// line finds he can use.
func FuzzFind(f *testing.F) {
	for _, line := range []string{"show 2e4", "register - --short", "acc list", "help account", "register 2e4 --account x", "2e4,http://x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := usage.Split(line)
		if err != nil || len(words) == 0 {
			return
		}
		rows.IsList(words)
		rows.StartsWithMAC(words)
		found, _, err := rows.Find(words, false)
		if err == nil && found.Group == Operator {
			t.Fatalf("%q finds %s", line, found.Usage)
		}
		if strings.Contains(line, "ACC") || strings.Contains(line, "acc") {
			return
		}
		if _, helpErr := rows.Help(words, false); err != nil && strings.Contains(err.Error(), "ACCOUNT LIST") || helpErr != nil && strings.Contains(helpErr.Error(), "ACCOUNT LIST") {
			t.Fatalf("%q: %v, %v", line, err, helpErr)
		}
	})
}
