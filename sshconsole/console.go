// Package sshconsole is the console at which partners register their phones and
// operators run the service: commands by line, over SSH.
//
// The console itself reads lines and writes text, and knows nothing of SSH: a
// person at a prompt, `ssh partner@host list` and a test run the same code. The
// server around it adds logins, the terminal and limits.
package sshconsole

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Phones is what the console needs of a store for phones. Changes are on disk
// when a call returns, and every later call sees them. The errors are those of
// package store; any other is a failing store.
type Phones interface {
	// Phone returns a registered phone, or one that is held.
	Phone(macaddr.Addr) (store.Phone, error)
	// Phones returns a page in MAC order of one owner's phones, or of all for
	// owner 0, from behind after on; fewer than n are the last.
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	// Change carries out a batch in one transaction; the results are in the
	// order of its changes.
	Change(store.Batch) ([]store.Result, error)
}

// Accounts is what the console needs of a store for accounts, under the same
// conditions as [Phones].
type Accounts interface {
	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
	Accounts() ([]store.Account, error)
	AddAccount(_ store.Audit, dryRun bool, _ store.Account) (store.Account, error)
	UpdateAccount(_ store.Audit, dryRun bool, id store.AccountID, change func(*store.Account) error) (store.Account, error)
	RemoveAccount(_ store.Audit, dryRun bool, id store.AccountID) error
}

// Records is what the console needs of a store for what has happened.
type Records interface {
	// History returns about n entries of one account's history, or of all
	// accounts' for 0, newest first, from behind the mark on, and none at the
	// end; with a MAC those that name it.
	History(account store.AccountID, mac macaddr.Addr, before store.Mark, n int) ([]store.Entry, error)
	// Jobs returns an account's uploads that have begun and not ended.
	Jobs(store.AccountID) ([]store.Job, error)
	BeginJob(store.Job) (store.Job, error)
	EndJob(store.Job) error
}

// A Registry keeps accounts and phones.
type Registry interface {
	Phones
	Accounts
	Records
}

// A console runs the commands of one caller.
type console struct {
	registry    Registry
	publicNames store.PublicNames
	contacts    Contacts
	explain     func(path, userAgent string) Explanation // nil explains nothing
	log         *slog.Logger                             // with what is known of the caller
	from, with  string                                   // the caller's address and credential, for the history

	// who returns the caller's account as it stands now, or an error once the
	// login that let it in is no longer good.
	who func() (store.Account, error)
	// begin is called before a command, and may refuse it; end after it. The
	// context that begin returns ends with Ctrl-C.
	begin func() (ctx context.Context, end func(), err error)
	// jobs are those under way in the whole service.
	jobs *jobs
	// connected reports whether the caller is, and has not just gone: the end of
	// its input looks the same.
	connected func() bool
	// keys has key called for what is typed while a command runs, and takes what
	// it returns true for; nil ends that.
	keys func(key func(byte) bool)
	// ending is closed when the service is about to end.
	ending <-chan struct{}
	// accountsChanged is called after a command may have changed an account.
	accountsChanged func()

	in       lineReader
	out      io.Writer
	problems io.Writer
	width    func() int // of the terminal in characters; 0 where there is none

	// guard runs what has a goroutine of its own, and reports whether it came to
	// its end: a panic ends nothing else.
	guard func(where string, f func()) (ok bool)

	json  bool // the command under way, or done last, answers for programs
	spent bool // standard input has been read by a command
	// failed tells that something failed in the service, in any command.
	failed bool
}

// A lineReader reads what the caller types or pipes in, without line ends: at
// a terminal, behind a prompt or another text. io.EOF is the end (Ctrl-D), errInterrupted a
// line that was dropped (Ctrl-C), a problem one that can't be taken; after
// either of these the next line may be read.
type lineReader interface {
	ReadLine(prompt string) (string, error)
}

var errInterrupted = errors.New("interrupted")

// errBye leaves the console.
var errBye = errors.New("bye")

// run reads commands until the end. At a terminal it greets and prompts, and
// the exit status is 0; else it is the highest of the commands'.
func (c *console) run() (status int) {
	terminal := c.width() > 0
	for first := true; ; first = false {
		account, err := c.who()
		if err != nil {
			return max(status, c.tell(err))
		}
		if first && terminal {
			fmt.Fprintf(c.out, welcomeText, account.Name)
		}
		if first {
			c.tellInterrupted(account)
		}
		if c.spent && !terminal { // what is left of it was not meant as commands
			return status
		}
		c.json = false
		line, err := c.in.ReadLine(prompt)
		switch {
		case err == errInterrupted:
			continue
		case err == nil:
			err = c.line(line)
		case err == io.EOF && terminal:
			io.WriteString(c.out, "\n")
			err = errBye
		case isProblem(err): // told below
		default: // the end, or the caller has gone
			err = errBye
		}
		if err == errLoggedOut {
			continue // who tells it
		}
		if err == errBye {
			if terminal {
				return statusDone
			}
			return status
		}
		status = max(status, c.tell(err))
	}
}

// exec runs one command and returns its exit status.
func (c *console) exec(line string) int {
	c.json = asksForJSON(line)
	if account, err := c.who(); err == nil {
		c.tellInterrupted(account)
	}
	err := c.line(line)
	if err == errBye {
		err = nil
	}
	return c.tell(err)
}

// tell writes what went wrong, if anything did, and returns the exit status.
// What has no words for the caller goes to the log.
func (c *console) tell(err error) int {
	var p *problem
	switch {
	case err == nil:
		return statusDone
	case errors.Is(err, context.Canceled):
		return statusRefused
	case !errors.As(err, &p):
		c.log.Error("command", "error", err)
		p, c.failed = failure, true
	}
	if p.text != "" {
		c.complain(p, 0)
	}
	return p.status
}

// complain writes a problem; that of a line in a list with the line's number.
func (c *console) complain(p *problem, line int) {
	text := p.text
	if line > 0 {
		text = fmt.Sprintf("Line %d: %s", line, text)
	}
	if c.json {
		writeJSON(c.problems, errorObject{text, p.code, line})
		return
	}
	io.WriteString(c.problems, text+"\n")
}

func isProblem(err error) bool {
	var p *problem
	return errors.As(err, &p)
}

// A call is one command on its way.
type call struct {
	*console
	ctx     context.Context
	cmd     *command
	by      store.Account // the caller, as it stood when the command began
	begun   time.Time
	args    []string // by the arguments of the usage; "" for those left out
	options map[string]string
	dryRun  bool
	owners  map[store.AccountID]store.Account // that were looked up
	out     *bufio.Writer
	noted   []any // what the log tells of a change besides its words
	changed bool  // something was, though the command may have failed
}

// line runs one line: a command, or nothing.
func (c *console) line(line string) error {
	c.json = asksForJSON(line)
	words, err := splitWords(line)
	if err != nil || len(words) == 0 {
		return err
	}
	if readsList(words) {
		c.spent = true // by the list, even where it is refused
	}
	ctx, end, err := c.begin()
	if err != nil {
		return err
	}
	defer end()
	by, err := c.who()
	if err != nil {
		return err
	}
	cmd, args, options, err := find(words, by.Operates())
	if err != nil {
		return err
	}
	_, c.json = options[optionJSON]
	_, dryRun := options[optionDryRun]
	this := &call{console: c, ctx: ctx, cmd: cmd, by: by, begun: time.Now(), args: args, options: options, dryRun: dryRun,
		owners: map[store.AccountID]store.Account{}, out: bufio.NewWriter(c.out)}
	err = cmd.run(this)
	// What was written before a problem is told before it. A caller that reads
	// no further is not a problem.
	_ = this.out.Flush()
	if cmd.changes != nothing && !dryRun && (err == nil || this.changed) {
		c.log.Info("changed", append([]any{"command", strings.Join(words, " ")}, this.noted...)...)
		if cmd.changes == accounts {
			c.accountsChanged()
		}
	}
	return err
}

// audit tells the store what a change is made for.
func (c *call) audit(detail string) store.Audit {
	return store.Audit{Actor: c.by.ID, Name: c.by.Name, RemoteAddr: c.from, Credential: c.with, Begun: c.begun, Command: c.cmd.words(), Detail: detail}
}

// standardInput reads lines to the end, at a prompt until Ctrl-D.
func (c *call) standardInput() (string, error) {
	const most = 64 << 10
	c.spent = true
	var text strings.Builder
	for {
		line, err := c.in.ReadLine("")
		switch {
		case err == io.EOF && !c.connected(): // perhaps in the middle
			return "", errTold
		case err == io.EOF:
			return text.String(), nil
		case err == errInterrupted, c.ctx.Err() != nil:
			return "", refused(codeBusy, "Interrupted; nothing was done.")
		case err != nil:
			return "", err
		case text.Len()+len(line) > most:
			return "", misunderstood(codeUsage, "Standard input is longer than %d bytes; nothing was done.", most)
		}
		text.WriteString(line + "\n")
	}
}
