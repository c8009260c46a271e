package table

import (
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/usage"
)

// StartsWithMAC reports whether a line that is not a command is one of a list.
func (t Table[T]) StartsWithMAC(words []string) bool {
	word := firstColumn(words[0])
	if len(t.family(words[0]).entries) > 0 || !strings.ContainsAny(word, "0123456789") {
		return false
	}
	_, err := macaddr.ParseShortRange(word)
	return err == nil
}

func firstColumn(word string) string {
	word, _, _ = strings.Cut(strings.ReplaceAll(word, ";", ","), ",")
	return word
}

// pasteTime is how long after each other lines of one paste can come.
const pasteTime = 2 * time.Second

// Strays are lines of a list that are given instead of commands, in one session. The
// zero Strays are none. A command ends them.
type Strays struct{ last time.Time }

// Add returns the error of such a line, of which word is the first. It has a text
// only for the first one of those in a row: a list that was pasted at the prompt
// would scroll everything else away. At a terminal such a line after a while is not
// part of the paste.
func (s *Strays) Add(word string, terminal bool) error {
	first := s.last.IsZero() || terminal && time.Since(s.last) > pasteTime
	s.last = time.Now()
	if !first {
		return &Error{}
	}
	return misunderstood("Unknown command %q: did you mean REGISTER %s? For a list, type REGISTER - before it and Ctrl-D after it. Other lines of this list are refused without a message.", word, firstColumn(word))
}

// ShellSyntax returns the error of a line with a command and with what only a Unix
// shell understands, or nil. It is for lines that were not understood.
func (t Table[T]) ShellSyntax(words []string) *Error {
	word := usage.ShellSyntax(words)
	if word == "" || len(t.family(words[0]).entries) == 0 {
		return nil
	}
	return misunderstood("%q: the console has no pipes, redirections or lists of commands. Use those of your own shell, as in: ssh <account>@<host> list | wc -l", word)
}
