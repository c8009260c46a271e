package sshconsole

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// A command is one row of the table that dispatch, HELP, completion and usage
// errors are all made from.
type command struct {
	// usage is also the grammar: words in capitals stand for themselves in any
	// case, <word> is an argument, [<word>] one that may be left out, and a
	// last <word>... the rest of the line, joined by single blanks. A pair such
	// as "--account <name>" is an option and may stand anywhere behind the
	// first word.
	usage   string
	summary string
	label   string // what the classic help shows in place of usage
	group   group
	changes effect
	run     func(*call) error
}

type group uint8

const (
	classic  group = iota // the old console's, in its help
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

// name is the first word.
func (c *command) name() string { return strings.Fields(c.usage)[0] }

// A token is one word of a usage.
type token struct {
	text                          string
	literal, option, opt, theRest bool
}

func (c *command) tokens() []token {
	var tokens []token
	fields := strings.Fields(c.usage)
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		switch {
		case strings.HasPrefix(f, "--"):
			tokens = append(tokens, token{text: f[2:], option: true})
			i++ // its value
		case strings.HasPrefix(f, "["):
			tokens = append(tokens, token{text: f, opt: true})
		case strings.HasPrefix(f, "<"):
			tokens = append(tokens, token{text: f, theRest: strings.HasSuffix(f, "...")})
		default:
			tokens = append(tokens, token{text: f, literal: true})
		}
	}
	return tokens
}

// match holds words against the usage. depth is how many of its tokens fitted
// before the first that did not.
func (c *command) match(words []string, options map[string]string) (args []string, depth int, ok bool) {
	wanted := 0
	for _, t := range c.tokens() {
		switch {
		case t.option:
			if _, ok := options[t.text]; !ok {
				return nil, depth, false
			}
			wanted++
			continue
		case len(words) == 0:
			if !t.opt {
				return nil, depth, false
			}
			args = append(args, "")
		case t.literal:
			if !strings.EqualFold(words[0], t.text) {
				return nil, depth, false
			}
			words = words[1:]
		case t.theRest:
			args = append(args, strings.Join(words, " "))
			words = nil
		case words[0] == "": // a script's variable that is not set
			return nil, depth, false
		default:
			args = append(args, words[0])
			words = words[1:]
		}
		depth++
	}
	return args, depth, len(words) == 0 && wanted == len(options)
}

// find returns the command that words name and its arguments, or what is wrong
// with them as this caller may know it.
func find(words []string, operates bool) (cmd *command, args []string, options map[string]string, err error) {
	family := slices.DeleteFunc(slices.Clone(commands), func(c *command) bool { return !strings.EqualFold(c.name(), words[0]) })
	if len(family) == 0 {
		return nil, nil, nil, misunderstood("Unknown command %q. Type help for help.", words[0])
	}
	if !operates && !slices.ContainsFunc(family, func(c *command) bool { return c.group != operator }) {
		return nil, nil, nil, refused("%s is for operators.", family[0].name())
	}
	words, options, err = takeOptions(family, words)
	if err != nil {
		return nil, nil, nil, err
	}
	var best []*command
	deepest := -1
	for _, c := range family {
		args, depth, ok := c.match(words, options)
		switch {
		case ok && c.group == operator && !operates:
			return nil, nil, nil, refused("%s is for operators.", c.usage)
		case ok:
			return c, args, options, nil
		case c.group == operator && !operates:
		case depth > deepest:
			best, deepest = []*command{c}, depth
		case depth == deepest:
			best = append(best, c)
		}
	}
	if len(best) > 3 {
		return nil, nil, nil, misunderstood("Expected another word for %s. Type help %s for its forms.", best[0].name(), strings.ToLower(best[0].name()))
	}
	var usages []string
	for _, c := range best {
		usages = append(usages, c.usage)
	}
	return nil, nil, nil, misunderstood("Expected: %s", strings.Join(usages, ", or: "))
}

// takeOptions takes out of words the options that some command of the family
// has. In a family without any, dashes are not special.
func takeOptions(family []*command, words []string) (rest []string, options map[string]string, err error) {
	flags := pflag.NewFlagSet(words[0], pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	for _, c := range family {
		for _, t := range c.tokens() {
			if t.option && flags.Lookup(t.text) == nil {
				flags.String(t.text, "", "")
			}
		}
	}
	if !flags.HasFlags() {
		return words, nil, nil
	}
	if err := flags.Parse(words); err == pflag.ErrHelp {
		return nil, nil, misunderstood("Type help %s for its forms.", strings.ToLower(family[0].name()))
	} else if err != nil {
		return nil, nil, misunderstood("%q: %v. Type help %s for its forms.", strings.Join(words, " "), err, strings.ToLower(family[0].name()))
	}
	options = map[string]string{}
	flags.Visit(func(f *pflag.Flag) { options[f.Name] = f.Value.String() })
	return flags.Args(), options, nil
}

// The old console's words, to the byte (snom's Mass Deployment slides).
const (
	prompt      = "==> "
	welcomeText = "Welcome, %s! Type help for help.\n"
	helpHead    = "Welcome to the snom configuration tool.\nYou may use the following commands:\n\n"
	helpFoot    = "\nA MAC address may be entered as 3 to 6 digit hexadecimal number, case does not matter (e.g. 2e4 --> 0004132202E4)\n\n"
)

const operatorHelpHead = "Operators reach every account's phones, and may also use:\n\n"

// writeHelp writes the classic help, and below it what operators may use.
func writeHelp(w io.Writer, operates bool) {
	io.WriteString(w, helpHead)
	writeRows(w, inGroup(classic))
	io.WriteString(w, helpFoot)
	if operates {
		io.WriteString(w, operatorHelpHead)
		writeRows(w, inGroup(operator))
		io.WriteString(w, "\n")
	}
}

func inGroup(g group) []*command {
	return slices.DeleteFunc(slices.Clone(commands), func(c *command) bool { return c.group != g })
}

// writeRows writes a line a command, the summaries in one column.
func writeRows(w io.Writer, rows []*command) {
	width := 0
	for _, c := range rows {
		width = max(width, len(c.shown()))
	}
	for _, c := range rows {
		fmt.Fprintf(w, "%-*s: %s\n", width, c.shown(), c.summary)
	}
}

func (c *command) shown() string {
	if c.label != "" {
		return c.label
	}
	return c.usage
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
	tokens := slices.DeleteFunc(c.tokens(), func(t token) bool { return t.option })
	if len(tokens) <= len(typed) {
		return "", false
	}
	for i, word := range typed {
		if tokens[i].literal && !strings.EqualFold(tokens[i].text, word) {
			return "", false
		}
	}
	next := tokens[len(typed)]
	return next.text, next.literal
}
