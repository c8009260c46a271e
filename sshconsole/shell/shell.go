// Package shell runs the console's commands: partners register their phones with
// them, and operators run the service.
//
// A [Shell] reads lines and writes text, and knows nothing of SSH: a person at a
// prompt, `ssh partner@host list` and a test run the same code. The commands are
// one table, commands.go; dispatch, HELP, completion and usage errors all come
// from it.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"snomredirect/sshconsole/apikeys"
	"snomredirect/sshconsole/explanation"
	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/sshconsole/jobs"
	"snomredirect/sshconsole/nodes"
	"snomredirect/sshconsole/status"
	"snomredirect/sshconsole/table"
	"snomredirect/sshconsole/usage"
	"snomredirect/store"
)

// A Config is what a [Shell] works on. Registry must be set.
type Config struct {
	Registry Registry
	// PublicNames are the service's own names, which no setting server can have.
	PublicNames store.PublicNames
	// AdminKeys are those that each start of the service adds to the operator admin.
	AdminKeys []store.Key
	// Contacts are the last contacts of phones. If nil, none are known.
	Contacts Contacts
	// LastLogin returns an account's last login. If nil, none is known.
	LastLogin func(store.AccountID) (_ store.Login, ok bool)
	// Tried returns the unregistered phones that have requested their settings, those with
	// the most requests first. If nil, there are none.
	Tried func() []store.Tried
	// Explain returns the reply to a phone's request, and why. If nil, EXPLAIN is
	// refused.
	Explain func(explanation.Request) explanation.Reply
	// PnP reports whether phones are answered over Plug & Play.
	PnP bool
	// Check plays a phone's first boot against its setting server, or returns
	// [ErrCheckRuns] or [ErrTooManyChecks]. If nil, CHECK is refused.
	Check func(context.Context, findings.Request) (findings.Report, error)
	// Status returns what STATUS shows. If nil, that is empty.
	Status func(context.Context) (status.Report, error)
	// Nodes returns the nodes of the cluster, in the order of their names. The error is
	// store.ErrUnavailable if they can't be found out at present. If nil, this is a single
	// node.
	Nodes func(context.Context) ([]nodes.Node, error)
	// Stale returns as of when the store is, if it may have been changed elsewhere since, and
	// the zero time otherwise. If nil, the store is the only one.
	Stale func() time.Time
	// Backup makes an archive of the service, to be sent, or returns [ErrBackupRuns],
	// [ErrDamaged], [ErrUnfinished], [ErrDiskFull], [ErrReadOnly] or [ErrNoFolder]. If nil,
	// BACKUP is refused.
	Backup func() (Archive, error)
	// Files are the accounts' setting files. If nil, FILE and SERVER FILES are refused.
	Files *files.Config
	// MakeAPIKey makes API keys. If nil, API ADD is refused.
	MakeAPIKey apikeys.Make
	// ClaimURL begins the URL at which a phone proves a claim, and the claim's code
	// follows. If "", operators decide all claims.
	ClaimURL string
	// Turn waits until an account may read a page of phones or of the history, which
	// it does until done is called, or returns ctx's error. If nil, pages are read at
	// once.
	Turn func(ctx context.Context, account store.AccountID) (done func(), err error)
}

// A Shell runs commands for any number of callers at the same time.
type Shell struct {
	Config
	jobs jobs.Running
}

// New returns a Shell. There is one in a service: it bounds what all sessions of
// an account do at the same time.
func New(c Config) *Shell {
	if c.Contacts == nil {
		c.Contacts = noContacts{}
	}
	if c.LastLogin == nil {
		c.LastLogin = func(store.AccountID) (store.Login, bool) { return store.Login{}, false }
	}
	if c.Tried == nil {
		c.Tried = func() []store.Tried { return nil }
	}
	if c.Status == nil {
		c.Status = func(context.Context) (r status.Report, _ error) { return r, nil }
	}
	if c.Stale == nil {
		c.Stale = func() (current time.Time) { return current }
	}
	if c.Turn == nil {
		c.Turn = func(context.Context, store.AccountID) (func(), error) { return func() {}, nil }
	}
	return &Shell{Config: c}
}

// A Caller is who gives commands in one session. Account must be set.
type Caller struct {
	// Account returns the caller's account as it stands, or [ErrLoggedOut] once the
	// login is no longer valid.
	Account func() (store.Account, error)
	// RemoteAddr is the client's IP address, and Credential what it logged in with:
	// a key's fingerprint, or "password". The history records both.
	RemoteAddr, Credential string
	// Log receives changes at info, failures at error. If nil, nothing is logged.
	Log *slog.Logger
	// Begin is called before each command, and may refuse it; end is called after
	// it. If nil, every command runs.
	Begin func() (end func(), err error)
	// Doing is called with the name of each command before it runs, and with "" after
	// it. If nil, it is not called.
	Doing func(command string)
	// Visitors are the open sessions. If nil, WHO is refused.
	Visitors Visitors
	// Connected reports whether the client still is; the end of its input looks
	// the same if it isn't. If nil, it is.
	Connected func() bool
	// HangUp ends the client's connection.
	HangUp func()
	// AccountsChanged is called after a command that may have changed an account.
	AccountsChanged func()
	// Stopping is closed when the service is about to end.
	Stopping <-chan struct{}
	// Guard runs f, logs its panic if there is one, and reports whether f returned.
	// It is called on goroutines of the shell's own. If nil, a panic ends the program.
	Guard func(where string, f func()) (ok bool)
}

// withDefaults fills in what may be nil.
func (c Caller) withDefaults() Caller {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Begin == nil {
		c.Begin = func() (func(), error) { return func() {}, nil }
	}
	if c.Doing == nil {
		c.Doing = func(string) {}
	}
	if c.Connected == nil {
		c.Connected = func() bool { return true }
	}
	if c.AccountsChanged == nil {
		c.AccountsChanged = func() {}
	}
	if c.Guard == nil {
		c.Guard = func(_ string, f func()) bool { f(); return true }
	}
	return c
}

// A session is one caller's commands, from the first to the last.
type session struct {
	*Shell
	Caller
	IO
	ctx context.Context

	alone           bool // the session has only one command, which the client sent as such
	json            bool // the current command, or the last one, has --json
	spent           bool // a command has read standard input
	fresh           bool // the next line begins a text, perhaps with a byte order mark
	interrupted     bool // the current command, or the last one, with Ctrl-C
	accountsChanged bool // by the current command, or the last one
	failed          bool // some command failed inside the service

	strays table.Strays // since the last command
}

func (s *Shell) session(ctx context.Context, c Caller, io IO) *session {
	return &session{Shell: s, Caller: c.withDefaults(), IO: io.withDefaults(), ctx: ctx, fresh: true}
}

// Run reads commands from io.In until it ends, BYE, or ctx ends. At a terminal it
// greets and prompts, and the exit status is 0 unless the caller is logged out;
// otherwise it is the highest one of the commands. failed reports whether something failed inside the service.
func (s *Shell) Run(ctx context.Context, c Caller, io IO) (status int, failed bool) {
	session := s.session(ctx, c, io)
	status = session.run()
	return status, session.failed
}

// Exec runs the commands of command, one a line, and returns the highest exit status
// of them and whether something failed inside the service. A list that one of them
// reads is the lines that follow it or, if it is the last one, io.In.
func (s *Shell) Exec(ctx context.Context, c Caller, io IO, command string) (status int, failed bool) {
	session := s.session(ctx, c, io)
	lines := strings.Split(strings.ReplaceAll(strings.TrimRight(command, "\r\n"), "\r\n", "\n"), "\n")
	if len(lines) > 1 {
		status = session.script(lines)
		return status, session.failed
	}
	session.alone = true
	err := session.line(lines[0], session.reportInterrupted)
	if err == errBye {
		err = nil
	}
	return session.report(err), session.failed
}

// line runs one line: a command, or nothing. If first is not nil, it is called
// with the caller's account before the command runs or is refused.
func (s *session) line(line string, first func(store.Account)) error {
	words, err := usage.Split(line)
	if err != nil {
		s.json = usage.WantsJSON(strings.Fields(line)) // the problem is reported in the form that was asked for
		if first != nil {
			if by, err := s.Account(); err == nil {
				first(by)
			}
		}
		return unsplit(err)
	}
	if s.json = usage.WantsJSON(words); len(words) == 0 {
		return nil
	}
	if commandTable.IsList(words) {
		s.spent = true // by the list, even if it is refused
	}
	end, err := s.Begin()
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.During(cancel)
	defer s.During(nil)
	defer func() { s.interrupted = ctx.Err() != nil }()
	by, err := s.Account()
	if err != nil {
		return err
	}
	if first != nil {
		first(by)
	}
	if commandTable.StartsWithMAC(words) {
		return unfound(s.strays.Add(words[0], s.Width() > 0))
	}
	s.strays = table.Strays{}
	i, err := find(words, by.Operates())
	if err == nil {
		err = s.call(ctx, by, i, words)
	}
	return blameShellSyntax(words, err)
}

// report writes what went wrong, if anything did, and returns the exit status. An
// error that is not meant for the caller goes to the log.
func (s *session) report(err error) int {
	var p *problem
	switch {
	case err == nil:
		return StatusDone
	case errors.Is(err, context.Canceled):
		return StatusRefused
	case !errors.As(err, &p):
		s.Log.Error("command", "error", err)
		p, s.failed = failure, true
		if errors.Is(err, store.ErrUnavailable) {
			p = unavailable
		}
	}
	if p.text != "" {
		s.complain(p, 0)
	}
	return p.status
}

// complain writes a problem; that of a line in a list with the line's number.
func (s *session) complain(p *problem, line int) {
	text := p.text
	if line > 0 {
		text = fmt.Sprintf("Line %d: %s", line, text)
	}
	if s.json {
		writeJSON(s.Err, errorObject{text, p.code, line})
		return
	}
	_, _ = io.WriteString(s.Err, text+"\n")
}
