package shell

import (
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Complete returns line, with the word before pos completed as far as the table of
// commands knows it, and the new position. If there are several candidates for the
// word, it returns them too. by is the caller's account: only operators see the
// commands for operators and the names of accounts.
func (s *Shell) Complete(line string, pos int, by store.Account) (newLine string, newPos int, candidates []string) {
	before := line[:pos]
	words := strings.Fields(before)
	partial := ""
	if len(words) > 0 && !strings.HasSuffix(before, " ") {
		partial, words = words[len(words)-1], words[:len(words)-1]
	}
	candidates = slices.DeleteFunc(s.candidates(words, partial, by), func(c string) bool {
		return len(c) < len(partial) || !strings.EqualFold(c[:len(partial)], partial)
	})
	slices.Sort(candidates)
	candidates = slices.Compact(candidates)
	if len(candidates) == 0 {
		return line, pos, nil
	}
	common := candidates[0]
	for _, c := range candidates[1:] {
		for len(common) > len(c) || !strings.EqualFold(c[:len(common)], common) {
			common = common[:len(common)-1]
		}
	}
	add := common[len(partial):]
	if common == strings.ToUpper(common) && (partial == "" || partial != strings.ToUpper(partial)) {
		add = strings.ToLower(add)
	}
	if len(candidates) == 1 {
		add, candidates = add+" ", nil
	}
	return before + add + line[pos:], pos + len(add), candidates
}

// candidates returns what can follow words; options only if partial begins with a
// dash.
func (s *Shell) candidates(words []string, partial string, by store.Account) []string {
	visible := func(c *command) bool { return c.group != operator || by.Operates() }
	var all []string
	if len(words) == 0 {
		for _, c := range commands {
			if visible(c) {
				all = append(all, c.name())
			}
		}
		return all
	}
	for _, c := range family(words[0]) {
		if !visible(c) {
			continue
		}
		given, options, value := c.splitOptions(words[1:])
		if value != "" {
			all = append(all, s.optionValues(value, by)...)
			continue
		}
		next, ok := following(c.positional()[1:], given)
		if !ok {
			continue
		}
		if strings.HasPrefix(partial, "-") {
			all = append(all, c.optionsWithout(options)...)
			continue
		}
		for _, t := range next {
			all = append(all, s.values(c, t, given, by)...)
		}
	}
	return all
}

// splitOptions returns the words that are not options or their values, and the
// options. value is the option whose value comes next, or "".
func (c *command) splitOptions(words []string) (rest, options []string, value string) {
	for _, word := range words {
		name, isOption := strings.CutPrefix(word, "--")
		switch {
		case value != "":
			value = ""
		case isOption:
			name, _, valued := strings.Cut(name, "=")
			options = append(options, name)
			if !valued && slices.ContainsFunc(c.tokens(), func(t token) bool { return t.kind == option && t.value && t.text == name }) {
				value = name
			}
		default:
			rest = append(rest, word)
		}
	}
	return rest, options, value
}

// optionsWithout returns the options that c accepts but for those given.
func (c *command) optionsWithout(given []string) []string {
	names := []string{optionJSON}
	if c.changes != nothing {
		names = append(names, optionDryRun)
	}
	for _, t := range c.tokens() {
		if t.kind == option {
			names = append(names, t.text)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(given, name) })
	for i, name := range names {
		names[i] = "--" + name
	}
	return names
}

// following returns the tokens that can follow words, and whether tokens can begin
// with words.
func following(tokens []token, words []string) (next []token, ok bool) {
	at := reachable(tokens, []int{0})
	for _, word := range words {
		var after []int
		for _, i := range at {
			switch {
			case i == len(tokens), tokens[i].kind == literal && !strings.EqualFold(tokens[i].text, word):
			case tokens[i].kind == list:
				after = append(after, i, i+1)
			default:
				after = append(after, i+1)
			}
		}
		at = reachable(tokens, after)
	}
	for _, i := range at {
		if i < len(tokens) {
			next = append(next, tokens[i])
		}
	}
	return next, len(at) > 0
}

// reachable returns positions and those after optional tokens.
func reachable(tokens []token, positions []int) []int {
	for i := 0; i < len(positions); i++ {
		if p := positions[i]; p < len(tokens) && tokens[p].optional && !slices.Contains(positions, p+1) {
			positions = append(positions, p+1)
		}
	}
	slices.Sort(positions)
	return slices.Compact(positions)
}

// values returns what a token stands for, as far as it is known; given are the words
// after the command's name.
func (s *Shell) values(c *command, t token, given []string, by store.Account) []string {
	switch {
	case t.kind == literal && t.text != "-":
		return []string{t.text}
	case t.text == "<model>":
		return modelNames()
	case t.text == "<partner|operator>":
		return []string{store.Partner.String(), store.Operator.String()}
	case t.text == "<command>...":
		return topics(given, by)
	case t.text == "<name>" && !strings.HasPrefix(c.usage, "ACCOUNT ADD "):
		return s.accountNames(by)
	}
	return nil
}

func (s *Shell) optionValues(option string, by store.Account) []string {
	if option == "account" || option == "transfer-to" {
		return s.accountNames(by)
	}
	return nil
}

// accountNames returns the names of all accounts if by may see them.
func (s *Shell) accountNames(by store.Account) []string {
	if !by.Operates() {
		return nil
	}
	accounts, _ := s.Registry.Accounts() // if the store fails, nothing is completed
	var names []string
	for _, a := range accounts {
		names = append(names, string(a.Name))
	}
	return names
}

func modelNames() []string {
	var names []string
	for _, r := range macaddr.ModelRanges() {
		names = append(names, r.First.Model())
	}
	return names
}

// topics returns the words that can follow those of HELP.
func topics(words []string, by store.Account) []string {
	var all []string
	for _, c := range commands {
		own := strings.Fields(c.words())
		if len(own) <= len(words) || c.group == operator && !by.Operates() {
			continue
		}
		if len(words) == 0 || strings.EqualFold(words[0], own[0]) && c.begins(words) {
			all = append(all, own[len(words)])
		}
	}
	return all
}
