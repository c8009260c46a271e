package usage

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

var table = []Form{
	Parse("REGISTER <mac>... [<url>]", true),
	Parse("REGISTER - [<url>] [--atomic] [--short]", true),
	Parse("REGISTER <mac>... [<url>] --account <name>", true),
	Parse("REGISTER - [<url>] [--atomic] [--short] --account <name>", true),
	Parse("LIST [<model>] [--server <url>] [--silent <time>]", false),
	Parse("TRANSFER <mac>... <name>", true),
	Parse("ACCOUNT ADD <name> [<url>]", true),
	Parse("ACCOUNT LIST", false),
	Parse("ACCOUNT KEY <name> ADD <key|->...", true),
	Parse("ACCOUNT KEY <name> LIST", false),
	Parse("ACCOUNT REMOVE <name>", true),
	Parse("ACCOUNT REMOVE <name> --transfer-to <other>", true),
}

func named(name string) []Form {
	return slices.DeleteFunc(slices.Clone(table), func(f Form) bool { return !strings.EqualFold(f.Name(), name) })
}

// understand returns the first form that line matches, and what it gives to it.
func understand(line string) (Form, Match, error) {
	words, err := Split(line)
	if err != nil || len(words) == 0 {
		return Form{}, Match{}, err
	}
	forms := named(words[0])
	words, options, err := TakeOptions(words, forms, forms)
	if err != nil {
		return Form{}, Match{}, err
	}
	for _, f := range forms {
		if m, ok := f.Match(words, options); ok {
			return f, m, nil
		}
	}
	closest, typed, meant := Closest(forms, words, options)
	var usages []string
	for _, f := range closest {
		usages = append(usages, f.Usage)
	}
	if meant != "" {
		return Form{}, Match{}, errorf("%q: %s", typed, meant)
	}
	return Form{}, Match{}, errorf("%s", strings.Join(usages, ", or: "))
}

func TestMatch(t *testing.T) {
	none := map[string]string{}
	for line, want := range map[string]struct {
		usage string
		match Match
	}{
		"register 2e4 2e5":                    {table[0].Usage, Match{Args: []string{""}, List: []string{"2e4", "2e5"}, Options: none}},
		"register - http://x --json --atomic": {table[1].Usage, Match{Args: []string{"http://x"}, Options: map[string]string{"atomic": "true"}}},
		"register - --dry-run --atomic=false": {table[1].Usage, Match{Args: []string{""}, Options: map[string]string{"dry-run": "true"}}},
		"register --account=a 2e4 -- --json":  {table[2].Usage, Match{Args: []string{""}, List: []string{"2e4", "--json"}, Options: map[string]string{"account": "a"}}},
		"list --server=--json snom360":        {table[4].Usage, Match{Args: []string{"snom360"}, Options: map[string]string{"server": "--json"}}},
		"transfer 2e4 2e5 bravo":              {table[5].Usage, Match{Args: []string{"bravo"}, List: []string{"2e4", "2e5"}, Options: none}},
		"Account Key acme add -":              {table[8].Usage, Match{Args: []string{"acme"}, List: []string{"-"}, Options: none}},
	} {
		f, m, err := understand(line)
		if err != nil || f.Usage != want.usage || !reflect.DeepEqual(m, want.match) {
			t.Errorf("%s: %q %+v, %v; want %q %+v", line, f.Usage, m, err, want.usage, want.match)
		}
	}
}

// A line that matches no form leads to those it is closest to, by its words first.
func TestClosest(t *testing.T) {
	for line, want := range map[string]string{
		"register":                           "REGISTER <mac>... [<url>], or: REGISTER - [<url>] [--atomic] [--short]",
		"register 2e4 --atomic":              "REGISTER <mac>... [<url>]",
		"register --account a":               "REGISTER <mac>... [<url>] --account <name>, or: REGISTER - [<url>] [--atomic] [--short] --account <name>",
		"register - http://x y --short":      "REGISTER - [<url>] [--atomic] [--short]",
		"list a b":                           "LIST [<model>] [--server <url>] [--silent <time>]",
		"transfer bravo":                     "TRANSFER <mac>... <name>",
		"account add x1 --transfer-to y":     "ACCOUNT ADD <name> [<url>]",
		"account add x1 u v --transfer-to y": "ACCOUNT ADD <name> [<url>]",
		"account list --transfer-to y":       "ACCOUNT LIST",
		"account key x add --transfer-to y":  "ACCOUNT KEY <name> ADD <key|->...",
		"account remove":                     "ACCOUNT REMOVE <name>",
		"account remove --transfer-to y":     "ACCOUNT REMOVE <name> --transfer-to <other>",
		"account remove acme bravo":          "ACCOUNT REMOVE <name>",
		"account key acme":                   "ACCOUNT KEY <name> ADD <key|->..., or: ACCOUNT KEY <name> LIST",
		"account key acme ad x":              `"account key acme ad": ACCOUNT KEY acme ADD`,
		"account lsit --transfer-to y":       `"account lsit": ACCOUNT LIST`,
	} {
		if _, _, err := understand(line); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", line, err, want)
		}
	}
	// No option leads to a form of another command, such as one that removes.
	for _, words := range [][]string{{"account"}, {"account", "x"}} {
		if closest, _, meant := Closest(named("account"), words, map[string]string{"transfer-to": "y"}); len(closest) != 6 || meant != "" {
			t.Errorf("%q: %v, %q", words, closest, meant)
		}
	}
}

func TestTakeOptions(t *testing.T) {
	for line, want := range map[string]string{
		"list --json=foo":               "--json takes true or false, or no value.",
		"register 2e4 --dry-run=2":      "--dry-run takes true or false, or no value.",
		"list --server --json http://x": "flag needs an argument: --server.",
		"list --server --json":          "flag needs an argument: --server.",
		"list --server --silent=7d":     "flag needs an argument: --server.",
		"list --server -- x":            "flag needs an argument: --server.",
		"list --server":                 "flag needs an argument: --server.",
		"list --sever x":                "unknown flag: --sever: did you mean --server?",
		"register 2e4 --acount=a":       "unknown flag: --acount: did you mean --account?",
		"account list --transfer y":     "unknown flag: --transfer.", // that is an option of ACCOUNT REMOVE
		"account --transfer y":          "unknown flag: --transfer: did you mean --transfer-to?",
		"account remove x --transfer y": "unknown flag: --transfer: did you mean --transfer-to?",
		"list --frob":                   "unknown flag: --frob.",
		"list -x":                       "unknown shorthand flag: 'x' in -x.",
		"list -h":                       ErrHelp.Error(),
		"list --help":                   ErrHelp.Error(),
	} {
		if _, _, err := understand(line); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", line, err, want)
		}
	}
	for line, want := range map[string]bool{
		"list --json": true, "list --json=true": true, "list --json=0": false, "list --json --json=false": false, "list --json=foo": false,
		"list -- --json": false, "--json": false, "frob x --json": true, "list": false, "list --json=false --json x": true,
	} {
		if got := WantsJSON(strings.Fields(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func TestReadsList(t *testing.T) {
	for line, want := range map[string]bool{
		"register -": true, "register - --account": true, "register --atomic -": true, "register --json -": true, "register 2e4 - x y z": true,
		"register --account=a -": true, "register --account -": false, "register -- -": true, "list -": false, "register": false, "register --x": false,
	} {
		words := strings.Fields(line)
		if got := ReadsList(words, named(words[0])); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, line := range []string{"register 2e4 --account a", "list --server --json", "account key x ad -", "account --transfer-to= remove", "list --=", "list -- -", "list --json=x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Split(line)
		if err != nil || len(words) == 0 {
			return
		}
		form, m, err := understand(line)
		if err != nil && err != ErrHelp && !known(err) {
			t.Fatalf("%q: %v", line, err)
		}
		for _, word := range append(slices.Clone(m.Args), m.List...) {
			if word != "" && !slices.Contains(words, word) {
				t.Fatalf("%q: %q", line, word)
			}
		}
		if _, ok := m.Options[JSON]; ok || err == nil && m.Options[DryRun] != "" && !slices.ContainsFunc(form.options, func(o token) bool { return o.text == DryRun }) {
			t.Fatalf("%q: %v", line, m.Options)
		}
		ReadsList(words, named(words[0]))
	})
}
