package shell

import (
	"errors"
	"strings"
	"time"

	"snomredirect/macaddr"
)

// unknownCommand returns the problem of a line or a HELP whose first word is no
// command, with the nearest one that this caller can use.
func unknownCommand(typed, word string, operates bool) error {
	var names []string
	for _, c := range commands {
		if c.group != operator || operates {
			names = append(names, c.name())
		}
	}
	if name := nearest(word, names); name != "" {
		return misunderstood(codeUsage, "Unknown command %q: did you mean %s? Type help for help.", typed, name)
	}
	return misunderstood(codeUsage, "Unknown command %q. Type help for help.", typed)
}

// unknownWord returns the problem of words whose first depth ones begin each of best,
// and whose next one is nearly a literal of one of them; otherwise nil.
func unknownWord(words []string, best []*command, depth int) error {
	if depth < 1 || depth >= len(words) {
		return nil
	}
	var literals []string
	meant := ""
	for _, c := range best {
		tokens := c.positional()
		if depth < len(tokens) && tokens[depth].kind == literal {
			literals = append(literals, tokens[depth].text)
		}
		meant = ""
		for i, t := range tokens[:min(depth, len(tokens))] {
			if t.kind == literal {
				meant += t.text + " "
			} else {
				meant += words[i] + " "
			}
		}
	}
	name := nearest(words[depth], literals)
	if name == "" {
		return nil
	}
	return misunderstood(codeUsage, "Unknown command %q: did you mean %s? Type help %s for its forms.",
		strings.Join(words[:depth+1], " "), printable(meant+name), strings.ToLower(best[0].name()))
}

// nearest returns the candidate that word is most likely to mean, or "": one that
// begins with it, or the one with the fewest typing mistakes, at most one for three
// letters. Of those with equally many, it is the one of about the same length, and
// then with the same first letter: DEREGISTER for unregister, not REGISTER, and
// ACCOUNT for acount, not COUNT.
func nearest(word string, candidates []string) string {
	word = strings.ToUpper(word)
	if len(word) < 2 || len(word) > 40 {
		return ""
	}
	best, fewest := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if c == "-" {
			continue
		}
		mistakes := distance(word, strings.ToUpper(c))
		if strings.HasPrefix(strings.ToUpper(c), word) {
			mistakes = 0
		}
		if mistakes < fewest || mistakes == fewest && best != "" && apart(word, c) < apart(word, best) {
			best, fewest = c, mistakes
		}
	}
	return best
}

// apart returns how different the lengths and the first letters of a and b are.
func apart(a, b string) int {
	n := 2 * max(len(a)-len(b), len(b)-len(a))
	if !strings.EqualFold(a[:1], b[:1]) {
		n++
	}
	return n
}

// distance returns how many letters must be inserted, deleted, replaced or swapped
// with the next one to turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// startsWithMAC reports whether a line that is not a command is one of a list.
func startsWithMAC(words []string) bool {
	word, _, _ := strings.Cut(strings.ReplaceAll(words[0], ";", ","), ",")
	if len(family(words[0])) > 0 || !strings.ContainsAny(word, "0123456789") {
		return false
	}
	_, err := macaddr.ParseShortRange(word)
	return err == nil
}

// pasteTime is how long after each other lines of one paste can come.
const pasteTime = 2 * time.Second

// stray returns the problem of a line of a list that is given instead of a command.
// It has a text only for the first one of those in a row: a list that was pasted at
// the prompt would scroll everything else away. At a terminal such a line after a
// while is not part of the paste.
func (s *session) stray(word string) error {
	first := s.strayMAC.IsZero() || s.Width() > 0 && time.Since(s.strayMAC) > pasteTime
	s.strayMAC = time.Now()
	if !first {
		return &problem{status: StatusMisunderstood}
	}
	mac, _, _ := strings.Cut(strings.ReplaceAll(word, ";", ","), ",")
	return misunderstood(codeUsage, "Unknown command %q: did you mean REGISTER %s? For a list, type REGISTER - before it and Ctrl-D after it. Other lines of this list are refused without a message.", word, mac)
}

// blameShellSyntax replaces err, the problem of a line that was not understood, if
// the line contains what only a Unix shell understands.
func blameShellSyntax(words []string, err error) error {
	if p := (*problem)(nil); !errors.As(err, &p) || p.status != StatusMisunderstood || p.text == "" || len(family(words[0])) == 0 {
		return err
	}
	for _, word := range words[1:] {
		placeholder := strings.HasPrefix(word, "<") && strings.HasSuffix(word, ">")
		begins := strings.TrimLeft(word, "12")
		if !placeholder && begins != "" && strings.ContainsAny(begins[:1], "|<>&;") {
			return misunderstood(codeUsage, "%q: the console has no pipes, redirections or lists of commands. Use those of your own shell, as in: ssh <account>@<host> list | wc -l", word)
		}
	}
	return err
}
