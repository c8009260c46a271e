package shell

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"snomredirect/store"
)

// A caller of WATCH who reads slowly misses contacts, and is told how many.
func TestSlowWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contacts := &memoryContacts{}
		h := newHouse(t)
		h.contacts = contacts
		blocked := &blockedWriter{release: make(chan struct{})}
		quit := make(chan struct{})
		c := h.caller("olga")
		c.Stopping = quit
		done := make(chan int)
		go func() {
			done <- h.runs(t.Context(), c, IO{In: h.input(strings.NewReader("")), Out: blocked, Err: blocked}, "watch")
		}()
		synctest.Wait()
		for i := range maxWatched + 11 {
			contacts.record(contactOf(fmt.Sprintf("0004132%05X", i), 0, store.Unregistered))
			synctest.Wait() // the first is being written, the others are queued
		}
		close(blocked.release)
		synctest.Wait()
		close(quit)
		if status := <-done; status != StatusDone {
			t.Error(status)
		}
		if text := blocked.String(); !strings.Contains(text, "10 contacts were missed: they came faster than they were read.\n") || strings.Count(text, " UTC 0004132") != maxWatched+1 {
			t.Errorf("%d lines: %.300s", strings.Count(text, " UTC 0004132"), text)
		}
	})
}

// A blockedWriter blocks until it is released.
type blockedWriter struct {
	bytes.Buffer
	release chan struct{}
}

func (b *blockedWriter) Write(p []byte) (int, error) {
	<-b.release
	return b.Buffer.Write(p)
}
