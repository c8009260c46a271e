package shell

import (
	"slices"
	"strings"
)

// Complete returns line, with the word before pos completed as far as the table
// knows it, and the new position. operates reports whether the caller is an
// operator.
func Complete(line string, pos int, operates bool) (string, int) {
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

// literalAfter returns the literal of the usage that follows the words typed, if
// one is due.
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
