package sshconsole

import (
	"errors"
	"io"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
)

func TestTerminal(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	for _, mac := range []string{"000413101214", "00041310123C", "2e4"} {
		l.does("acme", "register "+mac)
	}
	e := l.terminal(c, 80)
	e.sees("Welcome, acme! Type help for help.\r\n==> ")
	e.types("li\t\r\n") // completed, and CRLF is one end of a line
	e.sees("list \r\n000413101214 00041310123C 0004132202E4\r\n==> ")
	if err := e.WindowChange(24, 25); err != nil {
		t.Fatal(err)
	}
	e.sees("==> ")      // redrawn
	e.types("\x1b[A\n") // Up recalls
	e.sees("000413101214 00041310123C\r\n0004132202E4\r\n==> ")
	e.types("deregister 2e4\x03") // Ctrl-C discards the line
	e.sees("\r\n==> ")
	e.types("show 2e4\r")
	e.sees("State:          registered\r\n")
	e.types("nonsense\r")
	e.sees("Unknown command \"nonsense\". Type help for help.\r\n==> ")
	e.types("re\t") // several candidates
	e.sees("REG       REGISTER\r\nRETARGET\r\n==> re")
	e.types("\x15list\x12sh") // a search for an earlier line
	e.sees("(reverse-i-search)`sh': ")
	e.types("\r")
	e.sees("State:          registered\r\n")
	e.sees("==> ")
	e.types("x\x1b[1~count \x1bf\x7f# \r") // Home; Alt-F; the rest is a remark
	e.sees("\r\n3\r\n==> ")
	e.types("電話\x7f")
	e.sees("\r\x1b[K==> 電\r\x1b[6C")
	e.types("\x15bye\r")
	e.leaves(0)

	e = l.terminal(c, 0) // a client that does not know its width
	e.sees("==> ")
	e.types("list\r")
	e.sees("000413101214 00041310123C 0004132202E4\r\n==> ")
	e.types("\x04") // Ctrl-D leaves
	e.sees("\r\n")
	e.leaves(0)
}

// A password is typed twice, and appears neither on the screen nor in what Up recalls,
// also with characters that take two columns.
func TestTypedPassword(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	e := l.terminal(l.login("acme", gossh.PublicKeys(l.newKey("acme"))), 80)
	e.sees("==> ")
	for _, c := range []struct{ first, second, want string }{
		{"電話電話 hunter2222", "電話電話 hunter2223", "The password was not changed: the second one differs.\r\n"},
		{"short", "", "The password was not changed: expected at least 12 characters.\r\n"},
		{"my acme password", "", "The password was not changed: it is too easy to guess.\r\n"},
		{"\x03", "", "The password was not changed.\r\n"},
		{"電話電話 hunter2222", "電話電話 hunter2222", "Password changed.\r\n"},
	} {
		e.types("password\r")
		e.sees("New password: ")
		e.types(c.first + "\r")
		if c.second != "" {
			e.sees("The same again: ")
			e.types(c.second + "\r")
		}
		e.sees(c.want)
		e.sees("==> ")
	}
	e.types("\x1b[A\x1b[A") // Up, and Up again
	e.sees("password")
	e.types("\x15bye\r")
	e.leaves(0)
	if screen := e.screen.String(); strings.Contains(screen, "hunter") || strings.Contains(screen, "電") {
		t.Errorf("the screen shows\n%q", screen)
	}
	l.runs(l.login("acme", gossh.Password("電話電話 hunter2222")), "whoami", 0, "")
}

// Operators complete the names of accounts, and partners no other account's.
func TestCompleteAccountNames(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	e := l.terminal(l.login("olga", gossh.PublicKeys(l.newKey("olga"))), 80)
	e.sees("==> ")
	e.types("account show ac\t\r")
	e.sees("Account:        acme\r\n")
	e.types("bye\r")
	e.leaves(0)
	e = l.terminal(l.login("bravo", gossh.PublicKeys(l.newKey("bravo"))), 80)
	e.sees("==> ")
	e.types("account show ac\t\r")
	e.sees("ACCOUNT is for operators.\r\n==> ")
	e.types("list --account ac\t\r")
	e.sees("is for operators.\r\n==> ")
	if screen := e.screen.String(); strings.Contains(screen, "acme") {
		t.Error(screen)
	}
	e.types("bye\r")
	e.leaves(0)
}

// At a prompt, Ctrl-D ends standard input, and the prompt returns.
func TestStandardInputAtThePrompt(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	c := l.login("olga", gossh.PublicKeys(l.newKey("olga")))
	key := string(gossh.MarshalAuthorizedKey(newSigner(t).PublicKey()))
	e := l.terminal(c, 200)
	e.sees("==> ")
	e.types("account key acme add -\r" + key + "\x04")
	e.sees("acme: SHA256:")
	e.types("\x1b[A\r") // recalls the command, not the key
	e.sees("account key acme add -\r\n")
	e.types(key + "\x03")
	e.sees("Interrupted; nothing was done.\r\n==> ")
	e.types("account key acme list\r")
	e.sees("SHA256:")
	e.types("bye\r")
	e.leaves(0)
}

// Lists and answers to confirmations don't enter the history.
func TestListAndAnswerTypedAtThePrompt(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	e := l.terminal(l.login("acme", gossh.PublicKeys(l.newKey("acme"))), 200)
	e.sees("==> ")
	e.types("register - --short\r")
	e.sees("One phone a line; Ctrl-D ends the list.\r\n")
	e.types("\x1b[200~2e4\t\r2e5\thttp://one.example/\r\x1b[201~\x04") // a spreadsheet's cells
	e.sees("2 lines: 2 registered.\r\n==> ")
	e.types("register - --short\r2e6\rxyz\r")
	e.sees("Line 2: \"xyz\": expected")
	e.types("\x03")
	e.sees("Interrupted: nothing was done.\r\n==> ")
	e.types("retarget http://one.example/ http://two.example/\r")
	e.sees("1 phone with a setting server of its own will change from http://one.example/ to http://two.example/.\r\nGo on? [y/N] ")
	e.types("\x03")
	e.sees("Nothing was done.\r\n==> ")
	e.types("\x1b[A\r") // recalls the command, not an answer
	e.sees("Go on? [y/N] ")
	e.types("y\r")
	e.sees("1 phone with a setting server of its own changed.\r\n==> ")
	e.types("\x1b[A") // recalls the command, not the answer
	e.sees("retarget http://one")
	e.types("\x03export\r")
	e.sees("0004132202E4,\r\n0004132202E5,http://two.example/\r\n==> ")
	e.types("bye\r")
	e.leaves(0)
}

func TestCtrlCInterruptsACommandOverSSH(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return slow{r} })
	e := l.terminal(l.login("acme", gossh.PublicKeys(l.newKey("acme"))), 80)
	e.sees("==> ")
	e.types("list\r")
	e.sees("0004132202E4 ")
	e.types("\x03")
	e.sees("==> ")
	e.types("bye\r")
	e.leaves(0)
}

// What is longer than the screen is shown a screen at a time. Keys that were typed for
// the prompt reach it.
func TestPages(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	l.does("acme", "register 000413220000-000413220063")
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	const question = "-- more: Space, Return, / or q --"
	e := l.terminal(c, 12) // a MAC a line
	e.sees("==> ")
	e.types("list\r")
	e.sees("000413220016\r\n" + question) // 23 lines, and the question
	e.types("\r")
	e.sees("\r\x1b[K000413220017\r\n" + question)
	e.types(" ")
	e.sees("00041322002E\r\n" + question)
	e.types("/0\x7f55")
	e.sees("/55")
	e.types("\r")
	e.sees("\r\x1b[K000413220055\r\n")
	e.sees("000413220063\r\n==> ")
	e.types("list\r")
	e.sees(question)
	e.types("count\r") // for the prompt
	e.sees("100\r\n==> ")
	e.types("list\rcount\r") // typed ahead: nothing waits for a key
	e.sees("000413220063\r\n==> ")
	e.sees("100\r\n==> ")
	e.types("list\r")
	e.sees(question)
	e.types("/nothing\r")
	e.sees("No more lines have that text.\r\n==> ")
	e.types("list\r")
	e.sees(question)
	if ok, err := e.SendRequest("window-change", true, gossh.Marshal(struct{ Columns, Rows, Width, Height uint32 }{12, 200, 0, 0})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	e.types(" ")
	e.sees("000413220063\r\n==> ")
	e.types("bye\r")
	e.leaves(0)
}

// A client that stops reading, changes its window and then goes blocks no other
// session and leaves no goroutine.
func TestTerminalStopsReading(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return slow{r} })
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(session.RequestPty("xterm", 24, 80, nil), session.Shell()); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, "list\r")
	if _, err := io.ReadFull(out, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := session.WindowChange(24, 80+i); err != nil {
			t.Fatal(err)
		}
	}
	l.runs(c, "help", 0, "Welcome")
	c.Close()
	l.releases()
}

// When an operator disables an account at the prompt, the account's connections are
// closed and the operator's is not.
func TestOperatorDisablesFromThePrompt(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	e := l.terminal(l.login("olga", gossh.PublicKeys(l.newKey("olga"))), 80)
	acme := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	l.runs(acme, "list", 0, "")
	e.sees("==> ")
	e.types("account disable acme\r")
	e.sees("acme is disabled.\r\n==> ")
	l.ends(acme)
	e.types("bye\r")
	e.leaves(0)
}
