package shell

import (
	"context"
	"strings"
	"testing"
)

// Several lines of one command are lines of standard input.
func TestSeveralLinesAtOnce(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "# phones\r\nregister 2e4 # mine\r\n\r\ncount\r\n", "list", StatusDone,
		"0004132202E4 registered. Setting server: "+serverA+" (the account's)\n1\n")
	h.gives("acme", "count\nnonsense\nderegister 2ff\ncount", "", StatusMisunderstood, "1\n1\n", "Unknown command", "0004132202FF is not")
	h.gives("acme", "count\nbye\nderegister 2e4", "", StatusDone, "1\n")
	h.gives("acme", "count\nderegister 2e4 \x00\ncount", "", StatusMisunderstood, "1\n1\n", "The line contains a control character")
	h.gives("acme", "count\n"+strings.Repeat("x", 5000)+"\ncount", "", StatusMisunderstood, "1\n1\n", "The line is longer than 4096 bytes")
	h.gives("acme", "count\n", "", StatusDone, "1\n")
	h.gives("acme", "\n", "", StatusDone, "")

	// A line break within quotes, as in a URL that a program passes on, begins no
	// command.
	h.gives("acme", "count\nregister 2e5 \"http://x/\nderegister 2e4\n\"\ncount", "", StatusMisunderstood, "", "A quote is not closed")
	h.gives("acme", "register 2e5 http://x/\\\nderegister 2e4", "", StatusMisunderstood, "", "The line ends in a backslash")

	// A list is the lines that follow; after the last line, standard input.
	h.gives("acme", "count\nregister - --short\n2e5\n2e6\n", "2e7\n", StatusDone, "1\n2 lines: 2 registered.\n")
	h.gives("acme", "count\nregister - --short\n", "2e7\n2e8\n", StatusDone, "3\n2 lines: 2 registered.\n")
	h.gives("acme", "register - nonsense\nderegister 2e5\ncount", "", StatusMisunderstood, "", `"nonsense"`)
	h.says("acme", "count", "5\n")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.ctx = ctx
	h.gives("acme", "count\nderegister 2e4", "", StatusDone, "")
}
