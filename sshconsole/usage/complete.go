package usage

import (
	"slices"
	"strings"
)

// Complete returns line, with the word before pos completed as far as candidates
// agree, and the new position. candidates returns what can follow words; options
// only if partial, the beginning of the word, begins with a dash. If there are
// several candidates for the word, Complete returns them too.
func Complete(line string, pos int, candidates func(words []string, partial string) []string) (newLine string, newPos int, several []string) {
	before := line[:pos]
	words := strings.Fields(before)
	partial := ""
	if len(words) > 0 && !strings.HasSuffix(before, " ") {
		partial, words = words[len(words)-1], words[:len(words)-1]
	}
	several = slices.DeleteFunc(candidates(words, partial), func(c string) bool { return !hasPrefix(c, partial) })
	slices.Sort(several)
	several = slices.Compact(several)
	if len(several) == 0 {
		return line, pos, nil
	}
	common := commonPrefix(several)
	add := common[len(partial):]
	if common == strings.ToUpper(common) && (partial == "" || partial != strings.ToUpper(partial)) {
		add = strings.ToLower(add)
	}
	if len(several) == 1 {
		add, several = add+" ", nil
	}
	return before + add + line[pos:], pos + len(add), several
}

// hasPrefix reports whether text begins with prefix, in any case.
func hasPrefix(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// commonPrefix returns what all words begin with, in any case, as the first has it.
func commonPrefix(words []string) string {
	common := words[0]
	for _, word := range words[1:] {
		for !hasPrefix(word, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}

// Next is what can follow words.
type Next struct {
	Words  []string // literals and options
	Values []string // what words of the caller's choice stand for, such as "<model>" or "<command>..."
	Given  []string // the words before it that are not options or their values, but for the first
}

// Next returns what can follow words, of which the first names f; options only if
// partial, the beginning of the next word, begins with a dash.
func (f Form) Next(words []string, partial string) Next {
	given, options, value := split(words[1:], f.valued())
	n := Next{Given: given}
	if value != "" {
		for _, o := range f.options {
			if o.text == value {
				n.Values = append(n.Values, o.value)
			}
		}
		return n
	}
	next, ok := following(f.words[1:], given)
	if ok && strings.HasPrefix(partial, "-") {
		n.Words = f.optionsWithout(options)
		return n
	}
	for _, t := range next {
		switch {
		case t.kind != literal:
			n.Values = append(n.Values, t.text)
		case t.text != "-":
			n.Words = append(n.Words, t.text)
		}
	}
	return n
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

// Topics returns the literals that can follow words, if those are the first literals
// of one of the forms.
func Topics(forms []Form, words []string) []string {
	var all []string
	for _, f := range forms {
		own := f.Literals()
		if len(own) > len(words) && (len(words) == 0 || strings.EqualFold(words[0], own[0]) && f.Begins(words)) {
			all = append(all, own[len(words)])
		}
	}
	return all
}
