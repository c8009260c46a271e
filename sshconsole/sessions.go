package sshconsole

import "snomredirect/sshconsole/shell"

// The clients also count sessions and running commands, to limit the ones and to
// wait for the others at shutdown.

// openSession counts a session of c until closeSession. It returns false if the
// client or its account has too many, or the service is shutting down.
func (cs *clients) openSession(c *client) (ok bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	ofAccount := 0
	for other := range cs.all {
		if other.loggedIn && other.login.account == c.login.account {
			ofAccount += other.sessions
		}
	}
	if cs.closing || c.sessions >= cs.limits.sessionsPerClient || ofAccount >= cs.limits.sessionsPerAccount {
		return false
	}
	c.sessions++
	c.unused.Stop()
	return true
}

func (cs *clients) closeSession(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.sessions--
	if _, ok := cs.all[c]; ok && c.sessions == 0 {
		c.unused.Reset(cs.limits.idleTime)
	}
}

// refuseSession counts a refusal on its way to c until sessionRefused. If the client
// keeps opening sessions and reads no refusals, it closes the connection and
// returns false.
func (cs *clients) refuseSession(c *client) (ok bool) {
	cs.mu.Lock()
	c.refusals++
	ok = c.refusals <= cs.limits.refusals
	cs.mu.Unlock()
	if !ok {
		c.Close()
	}
	return ok
}

func (cs *clients) sessionRefused(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.refusals--
}

// sessions returns how many sessions are open.
func (cs *clients) sessions() (n int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.all {
		n += c.sessions
	}
	return n
}

// begin counts a command of c until end. The error is [shell.ErrStopping] if the
// service is shutting down.
func (cs *clients) begin(c *client) error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closing {
		return shell.ErrStopping
	}
	c.busy++
	return nil
}

func (cs *clients) end(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.busy--
}

// Recheck ends all connections whose login is no longer valid, after accounts have
// changed elsewhere.
func (s *Server) Recheck() { s.clients.recheck(s.Accounts, nil) }
