package usage

import (
	"slices"
	"strings"
)

// A Match is what words and options give to a form.
type Match struct {
	Args    []string // of <word> and [<word>], in the order of the usage; "" for those left out
	List    []string // of <word>...
	Options map[string]string
}

// Match compares words and options, as [TakeOptions] returns them, with the usage.
// The first word is not compared: it may be an alias.
func (f Form) Match(words []string, options map[string]string) (m Match, ok bool) {
	m, _, ok = f.match(words)
	m.Options = options
	return m, ok && f.misfits(options) == 0
}

// match compares words with the usage but for its options. depth is how many of its
// tokens matched before the first that did not.
func (f Form) match(words []string) (m Match, depth int, ok bool) {
	tokens := f.words
	required := 0 // how many of the tokens from here on must be given
	for _, t := range tokens {
		if !t.optional {
			required++
		}
	}
	for _, t := range tokens {
		if !t.optional {
			required--
		}
		switch {
		case len(words) == 0:
			if !t.optional {
				return m, depth, false
			}
			m.Args = append(m.Args, "")
		case t.kind == literal:
			if !strings.EqualFold(words[0], t.text) && depth > 0 { // the first may be an alias
				return m, depth, false
			}
			words = words[1:]
		case words[0] == "-" && !strings.Contains(t.text, "|-"):
			return m, depth, false
		case t.kind == list && len(words) > required:
			n := len(words) - required
			m.List, words = words[:n], words[n:]
		case t.kind == list, words[0] == "": // a script's variable that is not set
			return m, depth, false
		default:
			m.Args = append(m.Args, words[0])
			words = words[1:]
		}
		depth++
	}
	return m, depth, len(words) == 0
}

// misfits returns how many of the options f does not accept, and how many that it
// requires are missing.
func (f Form) misfits(options map[string]string) (n int) {
	all := f.options
	for _, o := range all {
		if _, given := options[o.text]; !given && !o.optional {
			n++
		}
	}
	for name := range options {
		if !slices.ContainsFunc(all, func(o token) bool { return o.text == name }) {
			n++
		}
	}
	return n
}

// Closest returns the forms that words, which match none of them, are most likely
// to mean: those with the most words in common. The options decide only between
// forms of the same command, so that a wrong option leads to no other command. If
// the next word is nearly one of theirs, meant is that and the words before it, and
// typed is what was given instead.
func Closest(forms []Form, words []string, options map[string]string) (closest []Form, typed, meant string) {
	deepest := -1
	for _, f := range forms {
		_, depth, ok := f.match(words)
		if depth = 2 * depth; ok { // then only the options are wrong
			depth++
		}
		if depth > deepest {
			closest, deepest = nil, depth
		}
		if depth == deepest {
			closest = append(closest, f)
		}
	}
	if len(closest) == 0 {
		return nil, "", ""
	}
	if typed, meant = nearlyMeant(closest, words, deepest/2); meant != "" {
		return closest, typed, meant
	}
	if slices.ContainsFunc(closest, func(f Form) bool { return !slices.Equal(f.Literals(), closest[0].Literals()) }) {
		return closest, "", ""
	}
	fewest := closest[0].misfits(options)
	for _, f := range closest {
		fewest = min(fewest, f.misfits(options))
	}
	return slices.DeleteFunc(closest, func(f Form) bool { return f.misfits(options) > fewest }), "", ""
}

// nearlyMeant returns words up to the one after the first depth, which begin each of
// forms, and what they should be if the last one is nearly a literal of one of these.
func nearlyMeant(forms []Form, words []string, depth int) (typed, meant string) {
	if depth < 1 || depth >= len(words) {
		return "", ""
	}
	var literals []string
	var before []string
	for _, f := range forms {
		tokens := f.words
		if depth < len(tokens) && tokens[depth].kind == literal {
			literals = append(literals, tokens[depth].text)
		}
		before = nil
		for i, t := range tokens[:min(depth, len(tokens))] {
			if t.kind == literal {
				before = append(before, t.text)
			} else {
				before = append(before, words[i])
			}
		}
	}
	name := Nearest(words[depth], literals)
	if name == "" {
		return "", ""
	}
	return strings.Join(words[:depth+1], " "), Printable(strings.Join(append(before, name), " "))
}
