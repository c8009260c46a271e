package usage

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
)

// ErrHelp is returned for words with --help or -h.
var ErrHelp = pflag.ErrHelp

// WantsJSON reports whether words, right or wrong, have --json, and not --json=false.
func WantsJSON(words []string) (json bool) {
	for i, word := range words {
		if word == "--" {
			break
		}
		name, value, valued := strings.Cut(word, "=")
		if i == 0 || name != "--"+JSON {
			continue
		}
		if !valued {
			json = true
		} else if on, err := strconv.ParseBool(value); err == nil {
			json = on
		}
	}
	return json
}

// TakeOptions takes the options out of words: those of any of the forms. It
// returns them without --json and without those that are false. After -- dashes are
// not special. The error is [ErrHelp], or an [*Error] that may suggest an option of
// known.
func TakeOptions(words []string, forms, known []Form) (rest []string, options map[string]string, err error) {
	flags := pflag.NewFlagSet(words[0], pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	for _, f := range forms {
		for _, o := range f.options {
			switch {
			case flags.Lookup(o.text) != nil:
			case o.value != "":
				flags.String(o.text, "", "")
			default:
				flags.Bool(o.text, false, "")
			}
		}
	}
	if name := withoutValue(words, flags); name != "" {
		return nil, nil, errorf("flag needs an argument: --%s.", name)
	}
	if err := flags.Parse(words); err != nil {
		return nil, nil, optionError(err, words, known)
	}
	options = map[string]string{}
	flags.Visit(func(f *pflag.Flag) {
		if f.Name != JSON && (f.Value.Type() != "bool" || f.Value.String() == "true") { // not --dry-run=false
			options[f.Name] = f.Value.String()
		}
	})
	return flags.Args(), options, nil
}

// withoutValue returns the first option that takes a value and is followed by
// another option or by --, or "". pflag would take that for the value: with a
// variable that is not set, --server $URL --json would lose --json.
func withoutValue(words []string, flags *pflag.FlagSet) string {
	isOption := func(word string) (f *pflag.Flag, valued bool) {
		name, ok := strings.CutPrefix(word, "--")
		name, _, valued = strings.Cut(name, "=")
		if !ok {
			return nil, false
		}
		return flags.Lookup(name), valued
	}
	for i := 1; i+1 < len(words) && words[i] != "--"; i++ {
		f, valued := isOption(words[i])
		if f == nil || valued || f.Value.Type() == "bool" {
			continue
		}
		i++ // the value
		if next, _ := isOption(words[i]); next != nil || words[i] == "--" {
			return f.Name
		}
	}
	return ""
}

// optionError words an error of pflag's. It suggests the options of those forms of
// known that can begin with the words before the wrong one.
func optionError(err error, words []string, known []Form) error {
	if err == pflag.ErrHelp {
		return ErrHelp
	}
	if invalid := (*pflag.InvalidValueError)(nil); errors.As(err, &invalid) { // of a flag without a value
		return errorf("--%s takes true or false, or no value.", invalid.GetFlag().Name)
	}
	if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) {
		typed := "--" + unknown.GetSpecifiedName()
		before := words[:max(1, slices.IndexFunc(words, func(word string) bool { return word == typed || strings.HasPrefix(word, typed+"=") }))]
		var names []string
		for _, f := range known {
			given, _, _ := split(before[1:], f.valued())
			if _, ok := following(f.words[1:], given); ok {
				names = append(names, f.optionsWithout(nil)...)
			}
		}
		if name := Nearest(typed, names); name != "" {
			return errorf("%s: did you mean %s?", Printable(err.Error()), name)
		}
	}
	return errorf("%s.", Printable(err.Error()))
}

// optionsWithout returns the options that f accepts but for those given.
func (f Form) optionsWithout(given []string) []string {
	var names []string
	for _, o := range f.options {
		if !slices.Contains(given, o.text) {
			names = append(names, "--"+o.text)
		}
	}
	return names
}

// split returns the words that are not options or their values, and the options.
// value is the option whose value comes next, or ""; valued are those that take one.
func split(words, valued []string) (rest, options []string, value string) {
	for i, word := range words {
		if word == "--" && value == "" {
			return append(rest, words[i+1:]...), options, ""
		}
		name, isOption := strings.CutPrefix(word, "--")
		switch {
		case value != "":
			value = ""
		case isOption:
			name, _, hasValue := strings.Cut(name, "=")
			options = append(options, name)
			if !hasValue && slices.Contains(valued, name) {
				value = name
			}
		default:
			rest = append(rest, word)
		}
	}
	return rest, options, value
}

// Printable returns text, which may repeat what was typed, in a form that is safe
// for a terminal.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
