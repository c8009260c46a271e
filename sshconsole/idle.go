package sshconsole

import (
	"fmt"
	"time"
)

// Read implements [io.Reader]. It notes when the client last sent something.
func (sess *session) Read(b []byte) (int, error) {
	n, err := sess.Channel.Read(b)
	if n > 0 {
		sess.heard.Store(int64(time.Since(sess.begun)))
	}
	return n, err
}

// closeIdle closes a console at which nothing was typed for limits.idleTime, and says
// so first. While the client has a command that runs, such as WATCH, it is not idle.
// closeIdle returns when done is closed.
func (sess *session) closeIdle(done <-chan struct{}) {
	limit := sess.server.clients.limits.idleTime
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return
		case <-timer.C:
		}
		quiet := time.Since(sess.begun) - time.Duration(sess.heard.Load())
		switch {
		case sess.server.clients.isBusy(sess.client):
			timer.Reset(limit)
		case quiet < limit:
			timer.Reset(limit - quiet)
		default:
			// A client that does not read would block the line; it is closed all the same.
			time.AfterFunc(lastWords, func() { _ = sess.Close() })
			_, _ = fmt.Fprintf(sess.Stderr(), "\r\nClosed: nothing was typed for %s.\r\n", inWords(limit))
			_ = sess.Close()
			return
		}
	}
}

// inWords returns a limit as people say it.
func inWords(d time.Duration) string {
	switch {
	case d == time.Hour:
		return "an hour"
	case d > 0 && d%time.Hour == 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return d.String()
}

// isBusy reports whether a command of c is running.
func (cs *clients) isBusy(c *client) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return c.busy > 0
}

// keepaliveTime bounds how long connected waits for a client's reply.
const keepaliveTime = 10 * time.Second

// connected reports whether the client is still connected. It sends a keepalive
// request, as OpenSSH's ClientAliveInterval does. A client that does not reply in
// time counts as connected, since some never reply.
func (sess *session) connected() bool {
	if !sess.awaiting.CompareAndSwap(false, true) {
		return true // it did not reply to the last one
	}
	replied := make(chan error, 1)
	go sess.server.guard("keepalive", func() {
		_, err := sess.SendRequest("keepalive@openssh.com", true, nil)
		sess.awaiting.Store(false)
		replied <- err
	})
	select {
	case err := <-replied:
		return err == nil
	case <-time.After(keepaliveTime):
		return true
	}
}
