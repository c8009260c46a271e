package shell

import (
	"errors"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
)

// takeOptions takes the options out of words: those of any command of the family,
// and --dry-run. The error suggests only those that this caller can use. After -- dashes are not special. pflag does that for a line; the
// programs' own flags are kong's, which knows more than a line needs: structs,
// environment variables, help.
func takeOptions(family []*command, words []string, operates bool) (rest []string, options map[string]string, err error) {
	flags := pflag.NewFlagSet(words[0], pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	var visible []string
	for _, c := range family {
		if c.group != operator || operates {
			visible = append(visible, c.optionsWithout(nil)...)
		}
		if c.changes != nothing && flags.Lookup(optionDryRun) == nil {
			flags.Bool(optionDryRun, false, "")
		}
		for _, t := range c.tokens() {
			switch {
			case t.kind != option || flags.Lookup(t.text) != nil:
			case t.value:
				flags.String(t.text, "", "")
			default:
				flags.Bool(t.text, false, "")
			}
		}
	}
	if err := flags.Parse(words); err == pflag.ErrHelp {
		return nil, nil, err
	} else if err != nil {
		meant := ""
		if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) {
			if name := nearest("--"+unknown.GetSpecifiedName(), visible); name != "" {
				meant = ": did you mean " + name + "?"
			}
		}
		if meant == "" {
			meant = "."
		}
		return nil, nil, misunderstood(codeUsage, "%q: %s%s Type help %s for its forms; put -- before words starting with a dash.",
			strings.Join(words, " "), printable(err.Error()), meant, strings.ToLower(family[0].name()))
	}
	options = map[string]string{}
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.Type() != "bool" || f.Value.String() == "true" { // not --dry-run=false
			options[f.Name] = f.Value.String()
		}
	})
	return flags.Args(), options, nil
}

// printable returns text, which may repeat what was typed, in a form that is safe
// for a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
