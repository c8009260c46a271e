package sshconsole

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
)

// A command is one row of the table that dispatch, HELP, completion and usage
// errors are all made from.
type command struct {
	// usage is also the grammar: words in capitals and - stand for themselves,
	// in any case, <word> is an argument, [<word>] one that may be left out, and
	// <word>... as many words as the arguments behind it leave, joined by single
	// blanks. A word such as --account is an option, which may stand anywhere
	// behind the first word: "--account <name>" must be there, "[--atomic]" and
	// "[--server <url>]" may. Any command takes --json, and one that changes
	// something takes --dry-run.
	usage   string
	summary string
	example string // the arguments of one, as HELP shows it
	label   string // what the classic help shows in place of usage,
	caption string // and of summary
	alias   string // the command whose other name this is
	group   group
	changes effect
	run     func(*call) error
}

type group uint8

const (
	classic  group = iota // the old console's, in its help
	further               // in the help below it
	unlisted              // works, and stands in no help but its own
	operator              // for operators alone
)

// An effect is what a command changes, if anything: the log tells when it has.
type effect uint8

const (
	nothing effect = iota
	phones
	accounts // and perhaps who may stay logged in
)

// Options that commands have without their usage saying so.
const (
	optionJSON   = "json"
	optionDryRun = "dry-run"
)

// name is the first word.
func (c *command) name() string { return strings.Fields(c.usage)[0] }

// words are the usage's words that stand for themselves: what the history calls
// the command.
func (c *command) words() string {
	var words []string
	for _, t := range c.tokens() {
		if t.kind == literal && t.text != "-" {
			words = append(words, t.text)
		}
	}
	return strings.Join(words, " ")
}

// family returns the commands of a name, or of the one whose other name that is.
func family(name string) []*command {
	i := slices.IndexFunc(commands, func(c *command) bool { return c.alias != "" && strings.EqualFold(c.name(), name) })
	if i >= 0 {
		name = commands[i].alias
	}
	return slices.DeleteFunc(slices.Clone(commands), func(c *command) bool { return c.alias != "" || !strings.EqualFold(c.name(), name) })
}

// readsList reports whether words ask for a list from standard input, perhaps
// wrongly.
func readsList(words []string) bool {
	dash := false
	for i, word := range words[1:] {
		dash = dash || word == "-" && !strings.HasPrefix(words[i], "--") // which may be an option, and this its value
	}
	return dash && slices.ContainsFunc(family(words[0]), func(c *command) bool {
		return slices.Contains(strings.Fields(c.usage), "-")
	})
}

// A token is one word of a usage, or an option with its value.
type token struct {
	text     string
	kind     tokenKind
	optional bool
	value    bool // of an option
}

type tokenKind uint8

const (
	literal tokenKind = iota
	argument
	list // <word>...
	option
)

func (c *command) tokens() []token {
	var tokens []token
	fields := strings.Fields(c.usage)
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		t := token{text: strings.Trim(f, "[]"), optional: strings.HasPrefix(f, "[")}
		switch {
		case strings.HasPrefix(t.text, "--"):
			t.kind, t.text = option, t.text[2:]
			if i+1 < len(fields) && strings.HasPrefix(fields[i+1], "<") && !strings.HasSuffix(f, "]") {
				t.value = true
				i++
			}
		case strings.HasSuffix(f, "..."):
			t.kind = list
		case strings.HasPrefix(t.text, "<"):
			t.kind = argument
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// match holds words and options against the usage. args are the arguments in
// the order of the usage, "" for those left out. depth is how many of its tokens
// fitted before the first that did not.
func (c *command) match(words []string, options map[string]string) (args []string, depth int, ok bool) {
	tokens := c.tokens()
	allowed := map[string]bool{optionJSON: true, optionDryRun: c.changes != nothing}
	required := 0 // of the arguments that are to come
	for _, t := range tokens {
		if _, given := options[t.text]; t.kind == option && !given && !t.optional {
			return nil, depth, false
		} else if t.kind == option {
			allowed[t.text] = true
		} else if !t.optional {
			required++
		}
	}
	for _, t := range tokens {
		if t.kind == option {
			continue
		}
		if !t.optional {
			required--
		}
		switch {
		case len(words) == 0:
			if !t.optional {
				return nil, depth, false
			}
			args = append(args, "")
		case t.kind == literal:
			if !strings.EqualFold(words[0], t.text) && depth > 0 { // the first may be an alias
				return nil, depth, false
			}
			words = words[1:]
		case words[0] == "-" && !strings.Contains(t.text, "|-"):
			return nil, depth, false
		case t.kind == list && len(words) > required:
			n := len(words) - required
			args = append(args, strings.Join(words[:n], " "))
			words = words[n:]
		case t.kind == list, words[0] == "": // a script's variable that is not set
			return nil, depth, false
		default:
			args = append(args, words[0])
			words = words[1:]
		}
		depth++
	}
	for name := range options {
		if !allowed[name] {
			return nil, depth, false
		}
	}
	return args, depth, len(words) == 0
}

// find returns the command that words name and its arguments, or what is wrong
// with them as this caller may know it.
func find(words []string, operates bool) (cmd *command, args []string, options map[string]string, err error) {
	family := family(words[0])
	if len(family) == 0 {
		return nil, nil, nil, misunderstood(codeUsage, "Unknown command %q. Type help for help.", words[0])
	}
	if !operates && !slices.ContainsFunc(family, func(c *command) bool { return c.group != operator }) {
		return nil, nil, nil, refused(codeForbidden, "%s is for operators.", family[0].name())
	}
	words, options, err = takeOptions(family, words)
	if err == pflag.ErrHelp {
		return find([]string{"HELP", family[0].name()}, operates)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	var best []*command
	deepest := -1
	for _, c := range family {
		args, depth, ok := c.match(words, options)
		switch {
		case ok && c.group == operator && !operates:
			return nil, nil, nil, refused(codeForbidden, "%s is for operators.", c.usage)
		case ok:
			return c, args, options, nil
		case c.group == operator && !operates:
		case depth > deepest:
			best, deepest = []*command{c}, depth
		case depth == deepest:
			best = append(best, c)
		}
	}
	if len(best) == 0 { // what would have fitted is for operators
		return nil, nil, nil, misunderstood(codeUsage, "Type help %s for its forms.", strings.ToLower(family[0].name()))
	}
	if len(best) > 3 {
		return nil, nil, nil, misunderstood(codeUsage, "Expected another word for %s. Type help %s for its forms.", best[0].name(), strings.ToLower(best[0].name()))
	}
	var usages []string
	for _, c := range best {
		usages = append(usages, c.usage)
	}
	return nil, nil, nil, misunderstood(codeUsage, "Expected: %s", strings.Join(usages, ", or: "))
}

// takeOptions takes the options out of words: those that some command of the
// family has, and those of all. Behind -- dashes are not special.
func takeOptions(family []*command, words []string) (rest []string, options map[string]string, err error) {
	flags := pflag.NewFlagSet(words[0], pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.Bool(optionJSON, false, "")
	for _, c := range family {
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
		return nil, nil, misunderstood(codeUsage, "%q: %s. Type help %s for its forms; words that begin with a dash go behind --.",
			strings.Join(words, " "), printable(err.Error()), strings.ToLower(family[0].name()))
	}
	options = map[string]string{}
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.Type() != "bool" || f.Value.String() == "true" { // not --json=false
			options[f.Name] = f.Value.String()
		}
	})
	return flags.Args(), options, nil
}

// printable is text that may repeat what was typed, as a terminal may see it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// complete returns the line with the word before pos completed as far as the
// table knows it, for one who may use what operates says.
func complete(line string, pos int, operates bool) (string, int) {
	before := line[:pos]
	words := strings.Fields(before)
	partial := ""
	if len(words) > 0 && !strings.HasSuffix(before, " ") {
		partial, words = words[len(words)-1], words[:len(words)-1]
	}
	var candidates []string
	for _, c := range commands {
		if c.group == operator && !operates {
			continue
		}
		if next, ok := c.literalAfter(words); ok && len(next) >= len(partial) && strings.EqualFold(next[:len(partial)], partial) && !slices.Contains(candidates, next) {
			candidates = append(candidates, next)
		}
	}
	if len(candidates) == 0 {
		return line, pos
	}
	common := candidates[0]
	for _, c := range candidates[1:] {
		for !strings.HasPrefix(c, common) {
			common = common[:len(common)-1]
		}
	}
	add := common[len(partial):]
	if partial == "" || partial != strings.ToUpper(partial) {
		add = strings.ToLower(add)
	}
	if len(candidates) == 1 {
		add += " "
	}
	return before + add + line[pos:], pos + len(add)
}

// literalAfter returns the word of the usage that stands for itself behind
// those typed, if one is due there.
func (c *command) literalAfter(typed []string) (string, bool) {
	tokens := slices.DeleteFunc(c.tokens(), func(t token) bool { return t.kind == option })
	if len(tokens) <= len(typed) {
		return "", false
	}
	for i, word := range typed {
		if tokens[i].kind == literal && !strings.EqualFold(tokens[i].text, word) {
			return "", false
		}
	}
	next := tokens[len(typed)]
	return next.text, next.kind == literal && next.text != "-"
}
