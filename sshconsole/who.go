package sshconsole

import (
	"cmp"
	"slices"

	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// register adds a session to those that WHO shows, until unregister.
func (cs *clients) register(sess *session) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.lastID++
	sess.id = cs.lastID
	cs.open[sess] = struct{}{}
}

func (cs *clients) unregister(sess *session) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.open, sess)
}

// does records which command a session runs, or "" for none.
func (cs *clients) does(sess *session, command string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	sess.doing = command
}

// A visitor implements [shell.Visitors] for one session.
type visitor struct{ sess *session }

// Visits implements [shell.Visitors].
func (v visitor) Visits() (all []shell.Visit) {
	cs := v.sess.server.clients
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for sess := range cs.open {
		all = append(all, shell.Visit{
			ID: sess.id, Account: sess.login.name, Credential: sess.login.credential(),
			From: store.ClientAddr(sess.client.RemoteAddr().String()).String(), Since: sess.begun, Command: sess.doing, Own: sess == v.sess,
		})
	}
	slices.SortFunc(all, func(a, b shell.Visit) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// End implements [shell.Visitors].
func (v visitor) End(id int, why string) bool {
	cs := v.sess.server.clients
	cs.mu.Lock()
	var c *client
	for sess := range cs.open {
		if sess.id == id {
			c = sess.client
		}
	}
	cs.mu.Unlock()
	if c == nil {
		return false
	}
	cs.goodbye(c, why)
	return true
}
