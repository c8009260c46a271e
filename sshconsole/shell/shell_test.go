package shell

import (
	"bytes"
	"strings"
	"testing"

	"snomredirect/store"
)

// Without a terminal and a command, each line of the input is a command. Only
// answers are written, and the exit status is the highest.
// A byte order mark may stand before commands, and before a list or keys in them.
func TestByteOrderMarks(t *testing.T) {
	const mark = "\uFEFF"
	h := newHouse(t)
	h.gives("acme", "", mark+"count\n", StatusDone, "0\n")
	h.gives("acme", "register -", mark+"0004132202E4\n", StatusDone, "1 line: 1 registered.\n")
	h.gives("acme", "", mark+"count\nregister -\n"+mark+"0004132202E5\n", StatusDone, "1\n1 line: 1 registered.\n")
	h.gives("acme", "", "count\n"+mark+"count\n", StatusMisunderstood, "2\n", "Unknown command")
	h.gives("acme", "register -", "0004132202E4\n"+mark+"0004132202E6\n", StatusRefused, "2 lines: 1 unchanged, 1 failed.\n", "Line 2: ")
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDMeVcSnCbiOoD9aSsNhGbjgc0f6fVrZ1YwFJLjKCyu1 a@b"
	for _, script := range []string{mark + key, "# mine\r\n" + key} {
		if out, problems, status := h.at("olga", 0, "account key acme add - --dry-run", script); status != StatusDone {
			t.Errorf("%q: %q, %q", script, out, problems)
		}
	}
	if out, problems, status := h.at("olga", 0, "", mark+"count\naccount key acme add -\n"+mark+key+"\n"); status != StatusDone {
		t.Errorf("%q, %q", out, problems)
	}
}

func TestScript(t *testing.T) {
	h := newHouse(t)
	out, problems, status := h.at("acme", 0, "", "reg 2e4\r\n\nnonsense\nderegister 2e5\nlist\nbye\nreg 2e6\n")
	if status != StatusMisunderstood || !strings.HasSuffix(out, ")\n0004132202E4\n") || strings.Contains(out, "Welcome") || strings.Count(problems, "\n") != 2 {
		t.Errorf("status %d\n%s\n%s", status, out, problems)
	}
	if out, problems, status := h.at("acme", 0, "", strings.Repeat("x", 5000)+"\nlist"); out != "0004132202E4\n" || status != StatusMisunderstood || !strings.Contains(problems, "nothing was done") {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
}

// Half a line is not run, and the lines of a list whose command was refused are not
// run as commands.
func TestHalfALine(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.gone = true
	h.gives("acme", "", "count\nderegister 2e4", StatusDone, "1\n")
	h.gone = false
	h.gives("acme", "", "count\nderegister 2e4", StatusDone, "1\n0004132202E4 deregistered.\n")
	for _, refused := range []string{"register - nonsense", "REG - 2e4 2e5", "deregister - --bogus", "register - --account acme"} {
		_, problems, _ := h.at("acme", 0, "", refused+"\nregister 2e9\nbye\n")
		if strings.Count(problems, "\n") != 1 {
			t.Errorf("%s: %q", refused, problems)
		}
	}
	h.says("acme", "count", "0\n")
}

// At a terminal, answers and errors come in the order of what they are about.
func TestOutputOrderAtATerminal(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e5", ".*\n")
	var both bytes.Buffer
	h.runs(t.Context(), h.caller("acme"), IO{In: h.input(strings.NewReader("")), Out: &both, Err: &both, Width: func() int { return 80 }}, "register 2e4 2e5 2e6")
	if got := both.String(); !strings.HasPrefix(got, "0004132202E4 registered") {
		t.Errorf("%q", got)
	}
}

// The error of a store goes to the log and not to the caller.
func TestInternalErrorsAreNotShown(t *testing.T) {
	h := newHouse(t)
	h.registry = failing{h.registry}
	out, problems, status := h.at("acme", 0, "show 2e4", "")
	if status != StatusRefused || strings.Contains(out+problems, "secret") || !strings.Contains(problems, "Internal error") {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	if !strings.Contains(h.log.String(), "disk on fire") {
		t.Errorf("the log contains\n%s", h.log.String())
	}
}

func FuzzLine(f *testing.F) {
	for _, line := range []string{"show 2e4", "REG 2e4 http://a/", "account key acme add -", "register --account acme 2e4", "help help", "account", "--x", "''"} {
		f.Add(line)
	}
	h := newHouse(f)
	f.Fuzz(func(t *testing.T, line string) {
		for _, name := range []store.Name{"acme", "olga"} {
			if strings.Contains(strings.ToLower(line), "olga") {
				continue // it may remove olga
			}
			out, problems, status := (&house{TB: t, registry: h.registry, contacts: &memoryContacts{}, shell: New(Config{})}).at(name, 0, line, "")
			// A command that is done may warn, of a MAC that is not snom's for example.
			warned := strings.HasPrefix(problems, "Warning: ") && strings.Count(problems, "\n") == 1
			if (status == StatusDone) != (problems == "" || warned) || strings.ContainsAny(out+problems, "\x1b\x00\x07") {
				t.Fatalf("%s: %q: status %d, %q, %q", name, line, status, out, problems)
			}
		}
	})
}
