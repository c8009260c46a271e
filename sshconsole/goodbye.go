package sshconsole

import (
	"fmt"
	"time"

	"snomredirect/store"
)

// lastWords is how long the line about the end of a session may take to be sent.
const lastWords = 5 * time.Second

// hangUpTime is how long a client whose sessions were ended may take to hang up by
// itself: an end of the connection that it did not expect can hide the line.
const hangUpTime = 100 * time.Millisecond

// goodbye tells all sessions of c why they end, and closes the connection. It returns
// at once.
func (cs *clients) goodbye(c *client, why string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c.leaving {
		return
	}
	c.leaving = true
	var told []*session
	for sess := range cs.open {
		if sess.client == c {
			told = append(told, sess)
		}
	}
	if len(told) == 0 {
		go c.Close()
		return
	}
	// A client that does not read would block the lines; it is closed all the same.
	time.AfterFunc(lastWords, func() { c.Close() })
	go func() {
		for _, sess := range told {
			_, _ = fmt.Fprintf(sess.Stderr(), "\r\n%s\r\n", why)
			_ = sess.Close()
		}
		time.AfterFunc(hangUpTime, func() { c.Close() })
	}()
}

// whyEnded says why a login is no longer valid, if a is its account as it is now.
func (l login) whyEnded(a store.Account) string {
	switch {
	case a.ID == 0:
		return "Closed: this account was removed."
	case a.Disabled:
		return "Closed: this account was disabled."
	case l.key != "":
		return "Closed: the key of this login was removed from the account."
	}
	return "Closed: the password of this login was changed or removed."
}
