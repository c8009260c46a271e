package upload

import "snomredirect/redirect/check"

// The rules that are added to those of package check. All findings of the first four are
// errors.
const (
	Template   check.Rule = "template"    // a template that can be filled in for each phone that it is for
	NoValue    check.Rule = "no-value"    // phones.csv has the columns and rows that a template needs
	PhonesFile check.Rule = "phones-file" // phones.csv can be read, and stays while templates need it
	TooMuch    check.Rule = "too-much"    // files that can be checked in a few seconds
	NoRow      check.Rule = "no-row"      // each registered phone has a row, if there are templates for all
	NoPhone    check.Rule = "no-phone"    // each row is that of a registered phone
)

// Forcible reports whether --force stores a file in spite of an error of a rule. It
// doesn't if phones might not come back from the error by themselves, or nobody would get
// the file:
//
//   - Syntax: phones read nothing of the file or, worse, a part.
//   - MalformedURL: a phone that gets such a setting server requests nothing any more, and
//     one that gets such firmware waits for somebody to press a key.
//   - LeadsBack and Circle: a boot never comes to an end.
//   - Template, NoValue, PhonesFile and TooMuch: the file can't be filled in, so phones would get
//     nothing, or it isn't known what they would get.
//
// The others make phones pass over a single line, or mean something else by it.
func Forcible(r check.Rule) bool {
	switch r {
	case check.Syntax, check.MalformedURL, check.LeadsBack, check.Circle, Template, NoValue, PhonesFile, TooMuch:
		return false
	}
	return true
}
