package integration

import (
	"regexp"
	"strings"
)

// transcript runs the commands of a block marked console, compares what they
// print, and returns the block as it would be today. With -update a difference
// is no failure.
func (r *reader) transcript(text string) string {
	r.Helper()
	var today strings.Builder
	parts := regexp.MustCompile(`(?m)^\$ `).Split(text, -1)
	if parts[0] != "" {
		r.Errorf("a transcript begins with %q, want a command after \"$ \"", parts[0])
	}
	for _, part := range parts[1:] {
		command := commandLines(part)[0]
		want := strings.TrimPrefix(part, command)
		var typed strings.Builder
		for _, m := range regexp.MustCompile(`(?m)^==> (.*)$`).FindAllStringSubmatch(want, -1) {
			typed.WriteString(m[1] + "\n")
		}
		got, _ := r.run(command, typed.String())
		if alike(got) != alike(want) && !*update {
			r.Errorf("$ %s%s\nThe page has\n%s", command, got, want)
		}
		today.WriteString("$ " + command + refresh(want, got))
	}
	return today.String()
}

// daily is what differs from day to day or from machine to machine.
var daily = []struct {
	expr *regexp.Regexp
	word string
}{
	{regexp.MustCompile(`(?m)^[A-Z2-7]{20}$`), "PASSWORD"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?`), "TIME"},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "FINGERPRINT"},
	{regexp.MustCompile(`API key [a-z2-7]{16}`), "API KEY"},
	{regexp.MustCompile(`curl/[\d.]+`), "CURL"},
	{regexp.MustCompile(`Python-xmlrpc/\d+\.\d+`), "PYTHON"},
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
}

// alike returns s with all that is daily replaced, so that outputs which mean the
// same are equal.
func alike(s string) string {
	for _, d := range daily {
		s = d.expr.ReplaceAllString(s, d.word)
	}
	return strings.TrimRight(s, "\n")
}

// refresh returns got, but each line that is alike one of want as it is in want:
// a time in a page changes only if the rest of its line does.
func refresh(want, got string) string {
	was := map[string][]string{}
	for line := range strings.Lines(want) {
		was[alike(line)] = append(was[alike(line)], line)
	}
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(got, "\n")) {
		like := alike(line)
		if old := was[like]; len(old) > 0 {
			line, was[like] = old[0], old[1:]
		}
		b.WriteString(strings.TrimRight(line, " \t\n") + "\n")
	}
	return b.String()
}
