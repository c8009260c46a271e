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

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Phones is what the console needs of a store for phones. Changes are on disk
// when a call returns, and every later call sees them. The errors are those of
// package store; any other is a failing store.
type Phones interface {
	Phone(macaddr.Addr) (store.Phone, error)
	// Phones returns a page in MAC order of one owner's phones, or of all for
	// owner 0, from behind after on; fewer than n are the last.
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	Register(mac macaddr.Addr, owner store.AccountID, url store.URL) (store.Phone, error)
	Deregister(mac macaddr.Addr, by store.AccountID) (store.Phone, error)
}

// Accounts is what the console needs of a store for accounts, under the same
// conditions as [Phones].
type Accounts interface {
	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
	Accounts() ([]store.Account, error)
	AddAccount(store.Account) (store.Account, error)
	UpdateAccount(store.AccountID, func(*store.Account) error) (store.Account, error)
	RemoveAccount(store.AccountID) error
}

// A Registry keeps accounts and phones.
type Registry interface {
	Phones
	Accounts
}

// A console runs the commands of one caller.
type console struct {
	registry    Registry
	publicNames store.PublicNames
	log         *slog.Logger // with what is known of the caller

	// who returns the caller's account as it stands now, or an error once the
	// login that let it in is no longer good.
	who func() (store.Account, error)
	// begin is called before a command, and may refuse it; end after it. The
	// context that begin returns ends with Ctrl-C.
	begin func() (ctx context.Context, end func(), err error)
	// accountsChanged is called after a command may have changed an account.
	accountsChanged func()

	in       lineReader
	out      io.Writer
	problems io.Writer
	width    func() int // of the terminal in characters; 0 where there is none
}

// A lineReader reads what the caller types or pipes in, without line ends: at
// a terminal, behind a prompt. io.EOF is the end (Ctrl-D), errInterrupted a
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
		p = failure
	}
	io.WriteString(c.problems, p.text+"\n")
	return p.status
}

func isProblem(err error) bool {
	var p *problem
	return errors.As(err, &p)
}

// A call is one command on its way.
type call struct {
	*console
	ctx     context.Context
	by      store.Account // the caller, as it stood when the command began
	args    []string      // by the arguments of the usage; "" for those left out
	options map[string]string
	out     *bufio.Writer
	noted   []any // what the log tells of a change besides its words
}

// line runs one line: a command, or nothing.
func (c *console) line(line string) error {
	words, err := splitWords(line)
	if err != nil || len(words) == 0 {
		return err
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
	this := &call{console: c, ctx: ctx, by: by, args: args, options: options, out: bufio.NewWriter(c.out)}
	err = cmd.run(this)
	// What was written before a problem is told before it. A caller that reads
	// no further is not a problem.
	_ = this.out.Flush()
	if err == nil && cmd.changes != nothing {
		c.log.Info("changed", append([]any{"command", strings.Join(words, " ")}, this.noted...)...)
		if cmd.changes == accounts {
			c.accountsChanged()
		}
	}
	return err
}
