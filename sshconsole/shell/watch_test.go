package shell

import (
	"bytes"
	"fmt"
	"io"
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

// WATCH --unregistered shows unregistered phones and refused requests, with the
// reason. A partner sees refused requests only with the MACs of its own phones.
func TestWatchRefusals(t *testing.T) {
	for _, c := range []struct {
		who  store.Name
		line string
		want []string // in the lines
	}{
		{"olga", "watch --unregistered", []string{"E4 from 192.0.2.20: snom360 with firmware 7.3.14, refused, no file", "E5 from 192.0.2.20: snom360 with firmware 7.3.14, unregistered", "E6 from 192.0.2.20: snom360 with firmware 7.3.14, refused, no file",
			"E7 from 192.0.2.20: snom360 with firmware 7.3.14, redirected to the service's default", "E8 from 192.0.2.20: snom360 with firmware 7.3.14, withheld, no certificate proves its MAC"}},
		{"olga", "watch 2e6 --unregistered --json", []string{`"answer":"refused","refusal":"no file"`}},
		{"acme", "watch", []string{"E4 from 192.0.2.20: snom360 with firmware 7.3.14, redirected", "E4 from 192.0.2.20: snom360 with firmware 7.3.14, refused, no file"}},
		{"bravo", "watch", nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			contacts := &memoryContacts{}
			h := newHouse(t)
			h.contacts = contacts
			h.says("acme", "register 2e4", ".*\n")
			var out bytes.Buffer
			quit, done := make(chan struct{}), make(chan int)
			caller := h.caller(c.who)
			caller.Stopping = quit
			go func() {
				done <- h.runs(t.Context(), caller, IO{In: h.input(strings.NewReader("")), Out: &out, Err: io.Discard}, c.line)
			}()
			synctest.Wait()
			refused := func(mac string) store.Contact {
				contact := contactOf(mac, 0, store.Refused)
				contact.Refusal = "no file"
				return contact
			}
			for _, contact := range []store.Contact{
				contactOf("0004132202E4", 0, store.Redirected), refused("0004132202E4"),
				contactOf("0004132202E5", 0, store.Unregistered), refused("0004132202E6"),
				contactOf("0004132202E7", 0, store.ToDefault), contactOf("0004132202E8", 0, store.Withheld),
			} {
				contacts.record(contact)
				synctest.Wait()
			}
			close(quit)
			<-done
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			if out.Len() == 0 {
				lines = nil
			}
			if len(lines) != len(c.want) {
				t.Fatalf("%s: %s: %q, want %q", c.who, c.line, lines, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("%s: %s: %q, want %q", c.who, c.line, lines[i], want)
				}
			}
		})
	}
}

// A partner who watches misses nothing while other accounts' phones call, however many
// do; a contact says whose phone it was.
func TestWatchOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contacts := &memoryContacts{}
		h := newHouse(t)
		h.contacts = contacts
		acme, err := h.registry.AccountNamed("acme")
		if err != nil {
			t.Fatal(err)
		}
		var out, problems bytes.Buffer
		quit, done := make(chan struct{}), make(chan int)
		caller := h.caller("acme")
		caller.Stopping = quit
		go func() {
			done <- h.runs(t.Context(), caller, IO{In: h.input(strings.NewReader("")), Out: &out, Err: &problems}, "watch")
		}()
		synctest.Wait()
		for i := range 3 * maxArrived {
			contact := contactOf(fmt.Sprintf("0004132%05X", i), 0, []store.Answer{store.Redirected, store.Unregistered, store.Refused}[i%3])
			if contact.Answer == store.Redirected {
				contact.Owner = acme.ID + 1
			}
			contacts.record(contact)
		}
		mine := contactOf("0004132202E4", 0, store.Redirected) // deregistered meanwhile
		mine.Owner = acme.ID
		contacts.record(mine)
		synctest.Wait()
		close(quit)
		<-done
		if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "0004132202E4 from 192.0.2.20") || strings.Contains(problems.String(), "missed") {
			t.Errorf("%.300s\n%s", &out, &problems)
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
