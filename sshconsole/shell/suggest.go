package shell

import (
	"errors"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/usage"
)

// unknownCommand returns the problem of a line or a HELP whose first word is no
// command, with the nearest one that this caller can use.
func unknownCommand(typed, word string, operates bool) error {
	var names []string
	for _, c := range usable(commands, operates) {
		names = append(names, c.name())
	}
	if name := usage.Nearest(word, names); name != "" {
		return misunderstood(codeUsage, "Unknown command %q: did you mean %s? Type help for help.", typed, name)
	}
	return misunderstood(codeUsage, "Unknown command %q. Type help for help.", typed)
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
	if word := usage.ShellSyntax(words); word != "" {
		return misunderstood(codeUsage, "%q: the console has no pipes, redirections or lists of commands. Use those of your own shell, as in: ssh <account>@<host> list | wc -l", word)
	}
	return err
}
