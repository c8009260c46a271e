package sshconsole

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/gliderlabs/ssh"
	"github.com/rivo/uniseg"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// A session is one channel of a connection, which runs the console or one command.
//
// It replaces the SSH library's own sessions, which keep every variable that a
// client sends, block forever if the window changes before a command is requested,
// and accept agent forwarding. The requests of a channel are those of RFC 4254,
// section 6.
type session struct {
	gossh.Channel
	server *Server
	client *client
	login  login

	terminal bool
	columns  atomic.Int32 // the current width
	rows     atomic.Int32 // the current height, or 0 if it is not known
	resized  chan struct{}
	id       int    // as WHO shows it
	doing    string // the command that runs, or ""; guarded by clients.mu
	begun    time.Time
	heard    atomic.Int64 // when the client last sent something, in nanoseconds since begun
	awaiting atomic.Bool  // a keepalive has been sent and not answered yet
}

// channel serves one session from its opening to its end.
func (s *Server) channel(_ *ssh.Server, _ *gossh.ServerConn, newChannel gossh.NewChannel, ctx ssh.Context) {
	c, l := ctx.Value(clientKey).(*client), ctx.Value(loginKey).(login)
	if !s.clients.openSession(c) {
		s.observeSession(SessionTooMany)
		if s.clients.refuseSession(c) {
			_ = newChannel.Reject(gossh.ResourceShortage, "too many sessions")
			s.clients.sessionRefused(c)
		}
		return
	}
	defer s.clients.closeSession(c)
	ch, requests, err := newChannel.Accept()
	if err != nil { // the client has gone
		s.observeSession(SessionUnused)
		return
	}
	sess := &session{Channel: ch, server: s, client: c, login: l, begun: time.Now(), resized: make(chan struct{}, 1)}
	s.clients.register(sess)
	defer s.clients.unregister(sess)
	if !s.guard("session", func() { sess.serve(ctx, requests) }) {
		go gossh.DiscardRequests(requests) // unread requests would block the connection
	}
	_ = ch.Close()
}

// serve answers the channel's requests until the client closes it. No request waits
// for the command, which may itself wait for a client that does not read.
func (sess *session) serve(ctx context.Context, requests <-chan *gossh.Request) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	started := false
	idle := time.AfterFunc(sess.server.clients.limits.requestTime, func() { _ = sess.Close() })
	defer func() {
		idle.Stop()
		cancel()
		if started {
			<-done
		} else {
			sess.server.observeSession(SessionUnused)
		}
	}()
	start := func(run func()) {
		started = true
		idle.Stop()
		go func() {
			defer close(done)
			run()
		}()
	}
	for r := range requests {
		ok := false
		var exec struct{ Command string } // or the name of a subsystem
		switch r.Type {
		case "pty-req":
			var pty struct {
				Term                         string
				Columns, Rows, Width, Height uint32
				Modes                        string
			}
			if !started && gossh.Unmarshal(r.Payload, &pty) == nil {
				sess.terminal, ok = true, true
				sess.columns.Store(lineedit.ClampWidth(pty.Columns))
				sess.rows.Store(lineedit.ClampHeight(pty.Rows))
			}
		case "window-change":
			var window struct{ Columns, Rows, Width, Height uint32 }
			if sess.terminal && gossh.Unmarshal(r.Payload, &window) == nil {
				ok = true
				sess.columns.Store(lineedit.ClampWidth(window.Columns))
				sess.rows.Store(lineedit.ClampHeight(window.Rows))
				select {
				case sess.resized <- struct{}{}:
				default: // a redraw is due already
				}
			}
		case "shell":
			ok = !started
		case "exec":
			ok = !started && gossh.Unmarshal(r.Payload, &exec) == nil
		case "subsystem":
			ok = !started && gossh.Unmarshal(r.Payload, &exec) == nil && exec.Command == subsystem
		}
		_ = r.Reply(ok, nil) // before start, which may close the channel
		switch {
		case !ok:
		case r.Type == "shell" || r.Type == "exec":
			start(func() { sess.run(ctx, exec.Command) })
		case r.Type == "subsystem":
			start(func() { sess.runFiles(ctx) })
		}
	}
}

// run runs a command, or the console if command is "", and sends the exit status.
func (sess *session) run(ctx context.Context, command string) {
	s, status := sess.server, shell.StatusRefused
	if text := otherTransfer(command); text != "" {
		_, _ = io.WriteString(sess.Stderr(), text+"\n")
		sess.exit(status, false)
		return
	}
	changed, failed := false, false // an account changed; something failed in the service
	ended := make(chan struct{})
	defer close(ended)
	go s.guard("idle session", func() { sess.closeIdle(ended) })
	if command != "" {
		// Shutdown waits until the exit status is sent.
		if err := s.clients.begin(sess.client); err != nil {
			_, _ = io.WriteString(sess.Stderr(), err.Error()+"\n")
			sess.exit(status, failed)
			return
		}
		defer s.clients.end(sess.client)
	}
	if !s.guard("session", func() { status, failed = sess.runShell(ctx, command, func() { changed = true }) }) {
		failed = true
		_, _ = io.WriteString(sess.Stderr(), shell.Failure+"\r\n")
	}
	sess.exit(status, failed)
	if changed { // perhaps the account of this connection
		s.guard("session", func() { s.clients.recheck(s.Accounts, nil) })
	}
}

func (sess *session) exit(status int, failed bool) {
	sess.server.observeSession(sessionOutcome(status, failed))
	_, _ = sess.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(status)}))
	_ = sess.Close()
}

// account returns the account as it is now. The error is [shell.ErrLoggedOut] if
// the login is no longer valid.
func (sess *session) account() (store.Account, error) {
	a, err := sess.server.Accounts.Account(sess.login.account)
	if errors.Is(err, store.ErrNoAccount) || err == nil && !sess.login.valid(a) {
		return store.Account{}, shell.ErrLoggedOut
	}
	return a, err
}

// caller returns who gives commands in the session.
func (sess *session) caller() shell.Caller {
	s := sess.server
	credential, from := sess.login.credential(), sess.client.RemoteAddr().String()
	return shell.Caller{
		Account:    sess.account,
		RemoteAddr: store.ClientAddr(from).String(),
		Credential: credential,
		Log:        s.Log.With("account", sess.login.name, "by", credential, "from", from),
		Begin: func() (func(), error) {
			return func() { s.clients.end(sess.client) }, s.clients.begin(sess.client)
		},
		Doing:     func(command string) { s.clients.does(sess, command) },
		Visitors:  visitor{sess},
		Connected: sess.connected,
		HangUp:    func() { _ = sess.client.Close() },
		Stopping:  s.stopping.Done(),
		Guard:     s.guard,
	}
}

// runShell runs a command, or the console if command is "". It returns the exit
// status and whether something failed inside the service. It calls accountsChanged
// after each command that may have changed an account.
func (sess *session) runShell(ctx context.Context, command string, accountsChanged func()) (status int, failed bool) {
	s, caller := sess.server, sess.caller()
	caller.AccountsChanged = func() {
		accountsChanged()
		s.clients.recheck(s.Accounts, sess.client) // run rechecks this one after its answer
	}
	io := shell.IO{In: lineedit.NewPipe(sess, sess.connected), Out: sess, Err: sess.Stderr()}
	if sess.terminal {
		t := sess.openTerminal()
		defer t.Close()
		ended := make(chan struct{})
		defer close(ended)
		go s.guard("resizing", func() { sess.resize(t, ended) })
		height := func() int { return int(sess.rows.Load()) }
		io = shell.IO{In: t, Out: t, Err: t, Width: t.Width, Height: height, During: t.During, TakeKeys: t.TakeKeys, TypedAhead: t.TypedAhead}
	}
	if command != "" {
		return s.Shell.Exec(ctx, caller, io, command)
	}
	return s.Shell.Run(ctx, caller, io)
}

// openTerminal returns a terminal that reads the channel until it is closed.
func (sess *session) openTerminal() *lineedit.Terminal {
	t := lineedit.NewTerminal(sess, lineedit.Config{
		Prompt:    shell.Prompt,
		Columns:   &sess.columns,
		TextWidth: uniseg.StringWidth,
		Complete: func(line string, pos int) (string, int, []string) {
			a, _ := sess.account() // if that fails, it operates nothing
			return sess.server.Shell.Complete(line, pos, a)
		},
	})
	go func() {
		if !sess.server.guard("keyboard", func() { t.Pump(sess, sess.connected) }) {
			_ = sess.Close() // nothing reads it any more
		}
	}()
	return t
}

// resize redraws t after each change of its width until ended is closed.
func (sess *session) resize(t *lineedit.Terminal, ended <-chan struct{}) {
	for {
		select {
		case <-sess.resized:
			t.Resize() // may block if the client does not read
		case <-ended:
			return
		}
	}
}
