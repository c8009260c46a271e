package shell

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// A command is one row of the table of commands. Dispatch, HELP, completion and
// usage errors all come from it.
type command struct {
	// usage is also the grammar: words in capitals and - are literals, in any case;
	// <word> is an argument, [<word>] an optional one, and <word>... a list of all
	// words that the arguments after it leave. A word such as --account is an
	// option, which may be anywhere after the first word: "--account <name>" is
	// required, "[--atomic]" and "[--server <url>]" are not. Every command accepts
	// --json, and one that changes something accepts --dry-run.
	usage   string
	summary string
	example string // a whole line, shown by HELP
	label   string // what the classic help shows instead of usage
	caption string // and instead of summary
	alias   string // the command that this is another name of
	group   group
	changes effect
	run     func(*call) error
}

type group uint8

const (
	classic  group = iota // the old console's, in its help
	further               // in the help below it
	unlisted              // works, but is listed in no help but its own
	operator              // only for operators
)

// An effect is what a command changes; changes are logged.
type effect uint8

const (
	nothing effect = iota
	phones
	accounts // and perhaps who can stay logged in
)

// Options that a usage does not mention.
const (
	optionJSON   = "json"
	optionDryRun = "dry-run"
)

// name returns the first word.
func (c *command) name() string { return strings.Fields(c.usage)[0] }

// words returns the literals of the usage: the command's name in the history.
func (c *command) words() string {
	var words []string
	for _, t := range c.tokens() {
		if t.kind == literal && t.text != "-" {
			words = append(words, t.text)
		}
	}
	return strings.Join(words, " ")
}

// family returns the commands with a name, or with the name that it is an alias of.
func family(name string) []*command {
	i := slices.IndexFunc(commands, func(c *command) bool { return c.alias != "" && strings.EqualFold(c.name(), name) })
	if i >= 0 {
		name = commands[i].alias
	}
	return slices.DeleteFunc(slices.Clone(commands), func(c *command) bool { return c.alias != "" || !strings.EqualFold(c.name(), name) })
}

// readsList reports whether words, right or wrong, want to read a list from
// standard input.
func readsList(words []string) bool {
	dash := false
	for i, word := range words[1:] {
		dash = dash || word == "-" && !strings.HasPrefix(words[i], "--") // that may be an option, and - its value
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

// positional returns the tokens that are not options.
func (c *command) positional() []token {
	return slices.DeleteFunc(c.tokens(), func(t token) bool { return t.kind == option })
}

// match compares words and options with the usage. depth is how many of its tokens
// matched before the first that did not.
func (c *command) match(words []string, options map[string]string) (i invocation, depth int, ok bool) {
	i = invocation{cmd: c, options: options}
	required, ok := c.takes(options)
	if !ok {
		return i, 0, false
	}
	for _, t := range c.tokens() {
		if t.kind == option {
			continue
		}
		if !t.optional {
			required--
		}
		switch {
		case len(words) == 0:
			if !t.optional {
				return i, depth, false
			}
			i.args = append(i.args, "")
		case t.kind == literal:
			if !strings.EqualFold(words[0], t.text) && depth > 0 { // the first may be an alias
				return i, depth, false
			}
			words = words[1:]
		case words[0] == "-" && !strings.Contains(t.text, "|-"):
			return i, depth, false
		case t.kind == list && len(words) > required:
			n := len(words) - required
			i.list, words = words[:n], words[n:]
		case t.kind == list, words[0] == "": // a script's variable that is not set
			return i, depth, false
		default:
			i.args = append(i.args, words[0])
			words = words[1:]
		}
		depth++
	}
	return i, depth, len(words) == 0
}

// takes reports whether the usage allows these options and has all it requires,
// and returns how many of its other tokens must be given.
func (c *command) takes(options map[string]string) (required int, ok bool) {
	allowed := map[string]bool{optionDryRun: c.changes != nothing}
	for _, t := range c.tokens() {
		if t.kind != option {
			if !t.optional {
				required++
			}
			continue
		}
		if _, given := options[t.text]; !given && !t.optional {
			return 0, false
		}
		allowed[t.text] = true
	}
	for name := range options {
		if !allowed[name] {
			return 0, false
		}
	}
	return required, true
}

// An invocation is a command with its arguments, as a line gave them.
type invocation struct {
	cmd     *command
	args    []string // of <word> and [<word>], in the order of the usage; "" for those left out
	list    []string // of <word>...
	options map[string]string
}

// find returns what words invoke, or what is wrong with them, as far as this
// caller may know.
func find(words []string, operates bool) (invocation, error) {
	family := family(words[0])
	if len(family) == 0 {
		return invocation{}, unknownCommand(words[0], words[0], operates)
	}
	if !operates && !slices.ContainsFunc(family, func(c *command) bool { return c.group != operator }) {
		return invocation{}, refused(codeForbidden, "%s is for operators.", family[0].name())
	}
	words, options, err := takeOptions(family, words, operates)
	if err == pflag.ErrHelp {
		return find([]string{"HELP", family[0].name()}, operates)
	}
	if err != nil {
		return invocation{}, err
	}
	var best []*command
	deepest := -1
	for _, c := range family {
		i, depth, ok := c.match(words, options)
		switch {
		case ok && c.group == operator && !operates:
			return invocation{}, refused(codeForbidden, "%s is for operators.", c.usage)
		case ok:
			return i, nil
		case c.group == operator && !operates:
		case depth > deepest:
			best, deepest = []*command{c}, depth
		case depth == deepest:
			best = append(best, c)
		}
	}
	if len(best) == 0 { // what would have matched is for operators
		return invocation{}, misunderstood(codeUsage, "Type help %s for its forms.", strings.ToLower(family[0].name()))
	}
	if err := unknownWord(words, best, deepest); err != nil {
		return invocation{}, err
	}
	if len(best) > 3 {
		return invocation{}, misunderstood(codeUsage, "%s needs another word. Type help %s for its forms.", best[0].name(), strings.ToLower(best[0].name()))
	}
	var usages []string
	for _, c := range best {
		usages = append(usages, c.usage)
	}
	return invocation{}, misunderstood(codeUsage, "Expected: %s", strings.Join(usages, ", or: "))
}
