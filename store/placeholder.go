package store

import (
	"regexp"
	"strings"
)

// filled are the placeholders that phones fill in, the second one only newer phones.
var filled = []string{"{mac}", "{phone_type}"}

// filledIn returns s with the placeholders replaced, as a phone would request it.
func filledIn(s string) string {
	return strings.NewReplacer(filled[0], "000413000000", filled[1], "snom360").Replace(s)
}

// placeholders matches what other vendors' phones, templates, shells and manuals
// write where something is to be filled in. Braces mean that with any name in them;
// the other marks have other uses, and only with a name for a MAC or a model.
var placeholders = regexp.MustCompile(`(?i)[$#]?(?:\{|%7b)+[^{}<>/?&=]*?[a-z][^{}<>/?&=]*?(?:\}|%7d)+|` +
	`(?:<|%3c)[^{}<>/?&=]*?(?:mac|model|phone|serial)[^{}<>/?&=]*?(?:>|%3e)|` +
	`(?:\$|%24)\(?` + fillable + `\b\)?|(?:\[|%5b)` + fillable + `(?:\]|%5d)|` +
	`(?:%|%25)` + fillable + `(?:%|%25)|(?:@|\*|__)` + fillable + `(?:@|\*|__)`)

const fillable = `(?:mac(?:_?addr(?:ess)?)?|ma|pn|model|phone_?type)`

// Unfilled returns the first placeholder in u that phones send as it is, such as
// <mac> or {MAC}, or "". Phones fill in only {mac} and, newer ones, {phone_type}.
func (u URL) Unfilled() string { return unfilled(u.s) }

func unfilled(s string) string {
	for _, p := range placeholders.FindAllString(s, -1) {
		if p != filled[0] && p != filled[1] {
			return p
		}
	}
	return ""
}
