package sshconsole

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// A session is one channel of a connection, on which a console may run.
//
// The SSH library has sessions of its own, which keep every variable a client
// sends, stop for good at a window that changes before a command is asked for,
// and accept agents. So the requests of a channel are answered here (RFC 4254,
// section 6).
type session struct {
	gossh.Channel
	server *Server
	client *client
	login  login

	terminal bool
	columns  atomic.Int32 // the newest width
	resized  chan struct{}
	awaiting atomic.Bool // whether it is there, and has not answered yet
}

// channel serves one session from its opening to its end.
func (s *Server) channel(_ *ssh.Server, _ *gossh.ServerConn, newChannel gossh.NewChannel, ctx ssh.Context) {
	c, l := ctx.Value(clientKey).(*client), ctx.Value(loginKey).(login)
	if !s.clients.openSession(c) {
		s.ObserveSession(SessionTooMany)
		if s.clients.refuseSession(c) {
			_ = newChannel.Reject(gossh.ResourceShortage, "too many sessions")
			s.clients.sessionRefused(c)
		}
		return
	}
	defer s.clients.closeSession(c)
	ch, requests, err := newChannel.Accept()
	if err != nil { // the client has gone
		s.ObserveSession(SessionUnused)
		return
	}
	sess := &session{Channel: ch, server: s, client: c, login: l, resized: make(chan struct{}, 1)}
	if !s.guard("session", func() { sess.serve(ctx, requests) }) {
		go gossh.DiscardRequests(requests) // what nobody reads would stop the connection
	}
	_ = ch.Close()
}

// serve answers the channel's requests until the client closes it. None of them
// waits for a command, and so none for a client that does not read.
func (sess *session) serve(ctx context.Context, requests <-chan *gossh.Request) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	started := false
	idle := time.AfterFunc(sess.server.clients.limits.askTime, func() { _ = sess.Close() })
	defer func() {
		idle.Stop()
		cancel()
		if started {
			<-done
		} else {
			sess.server.ObserveSession(SessionUnused)
		}
	}()
	start := func(command string) {
		started = true
		idle.Stop()
		go func() {
			defer close(done)
			sess.run(ctx, command)
		}()
	}
	for r := range requests {
		ok := false
		var exec struct{ Command string }
		switch r.Type {
		case "pty-req":
			var pty struct {
				Term                         string
				Columns, Rows, Width, Height uint32
				Modes                        string
			}
			if !started && gossh.Unmarshal(r.Payload, &pty) == nil {
				sess.terminal, ok = true, true
				sess.columns.Store(clampWidth(pty.Columns))
			}
		case "window-change":
			var window struct{ Columns, Rows, Width, Height uint32 }
			if sess.terminal && gossh.Unmarshal(r.Payload, &window) == nil {
				ok = true
				sess.columns.Store(clampWidth(window.Columns))
				select {
				case sess.resized <- struct{}{}:
				default: // it is known already that there is a newer width
				}
			}
		case "shell":
			ok = !started
		case "exec":
			ok = !started && gossh.Unmarshal(r.Payload, &exec) == nil
		}
		_ = r.Reply(ok, nil) // before what may close the channel
		if ok && (r.Type == "shell" || r.Type == "exec") {
			start(exec.Command)
		}
	}
}

// run runs a command, or the console where that is "", and sends its exit
// status.
func (sess *session) run(ctx context.Context, command string) {
	s, status := sess.server, statusRefused
	changed, failed := false, false // an account, something in the service
	if command != "" {
		// Busy until its exit status is sent.
		if err := s.clients.begin(sess.client); err != nil {
			_, _ = io.WriteString(sess.Stderr(), err.Error()+"\n")
			sess.exit(status, failed)
			return
		}
		defer s.clients.end(sess.client)
	}
	if !s.guard("session", func() { status, failed = sess.converse(ctx, command, func() { changed = true }) }) {
		failed = true
		_, _ = io.WriteString(sess.Stderr(), failure.text+"\r\n")
	}
	sess.exit(status, failed)
	if changed { // perhaps what let this connection in
		s.guard("session", func() { s.clients.recheck(s.Registry, nil) })
	}
}

func (sess *session) exit(status int, failed bool) {
	sess.server.ObserveSession(sessionOutcome(status, failed))
	_, _ = sess.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(status)}))
	_ = sess.Close()
}

var errLoggedOut = refused(codeForbidden, "You are logged out: your account or what let you in has changed.")

// who returns the account as it stands, if it would still let this session in.
func (sess *session) who() (store.Account, error) {
	a, err := sess.server.Registry.Account(sess.login.account)
	if errors.Is(err, store.ErrNoAccount) || err == nil && !sess.login.good(a) {
		return store.Account{}, errLoggedOut
	}
	return a, err
}

// keepaliveTime bounds how long a client may take to say that it is there: one that
// does not answer such questions is believed to be.
const keepaliveTime = 10 * time.Second

// connected asks the client whether it is, as OpenSSH's ClientAliveInterval does.
func (sess *session) connected() bool {
	if !sess.awaiting.CompareAndSwap(false, true) {
		return true // it does not answer such questions
	}
	answered := make(chan error, 1)
	go sess.server.guard("keepalive", func() {
		_, err := sess.SendRequest("keepalive@openssh.com", true, nil)
		sess.awaiting.Store(false)
		answered <- err
	})
	select {
	case err := <-answered:
		return err == nil
	case <-time.After(keepaliveTime):
		return true
	}
}

// converse runs a console and returns its exit status, and whether something
// failed in the service.
func (sess *session) converse(ctx context.Context, command string, accountsChanged func()) (status int, failed bool) {
	s := sess.server
	c := &console{
		registry:    s.Registry,
		publicNames: s.PublicNames,
		log:         s.Log.With("account", sess.login.name, "by", sess.login.by(), "from", sess.client.RemoteAddr().String()),
		contacts:    s.Contacts,
		explain:     s.Explain,
		ending:      s.stopping.Done(),
		keys:        func(func(byte) bool) {},
		from:        store.ClientAddr(sess.client.RemoteAddr().String()).String(),
		with:        sess.login.by(),
		who:         sess.who,
		jobs:        &s.jobs,
		connected:   sess.connected,
		guard:       s.guard,
		accountsChanged: func() {
			accountsChanged()
			s.clients.recheck(s.Registry, sess.client) // this one gets its answer first
		},
		in:       newPipe(sess, sess.connected),
		out:      sess,
		problems: sess.Stderr(),
		width:    func() int { return 0 },
	}
	interruptible := func(context.CancelFunc) {}
	if sess.terminal {
		keys := newKeyboard()
		defer keys.close()
		t := newTerminal(keys, sess, &sess.columns)
		t.complete = func(line string, pos int) (string, int) {
			a, err := sess.who()
			return complete(line, pos, err == nil && a.Operates())
		}
		c.in, c.out, c.problems, c.width = t, t, t, t.width
		c.keys = keys.takes
		interruptible = func(cancel context.CancelFunc) { keys.during(cancel) }
		go s.guard("keyboard", func() { keys.pump(sess, sess.connected) })
		ended := make(chan struct{})
		defer close(ended)
		go s.guard("resizing", func() {
			for {
				select {
				case <-sess.resized:
					t.resize() // may wait for a client that does not read
				case <-ended:
					return
				}
			}
		})
	}
	c.begin = func() (context.Context, func(), error) {
		if err := s.clients.begin(sess.client); err != nil {
			return nil, nil, err
		}
		ctx, cancel := context.WithCancel(ctx)
		interruptible(cancel)
		return ctx, func() {
			interruptible(nil)
			cancel()
			s.clients.end(sess.client)
		}, nil
	}
	if command != "" {
		status = c.exec(command)
	} else {
		status = c.run()
	}
	return status, c.failed
}
