package integration

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// A state is what an account has.
type state struct {
	server string
	phones map[string]string // by MAC the phone's own URL, or ""
}

// A killAccount is an account of TestKill: what it has as far as that is acknowledged,
// and the change that was not answered yet. Only one goroutine uses it at a time.
type killAccount struct {
	name   string
	macs   []string
	random *rand.Rand
	state
	cutOff            func(state) state // nil if there is none
	what              string            // the command of cutOff
	acknowledged, cut int
	urls              int // made so far
}

// change makes one change, and reports whether it was answered.
func (a *killAccount) change(t *testing.T, client, operator *ssh.Client) bool {
	command, input, effect := a.choose()
	by := client
	if strings.HasPrefix(command, "account ") {
		by = operator
	}
	a.what, a.cutOff = command, effect
	_, err := runIn(by, input, command)
	if exit := (*ssh.ExitError)(nil); errors.As(err, &exit) {
		t.Errorf("%s: %s: %v", a.name, command, err)
		a.cutOff = nil
		return false
	}
	if err != nil { // the service is gone
		a.cut++
		return false
	}
	a.state, a.cutOff = effect(a.state), nil
	a.acknowledged++
	return true
}

// choose chooses a change: its command, the command's input, and its effect.
func (a *killAccount) choose() (command, input string, effect func(state) state) {
	mac := a.macs[a.random.IntN(len(a.macs))]
	a.urls++
	url := fmt.Sprintf("http://own%d.example/{mac}", a.urls)
	switch n := a.random.IntN(10); {
	case n < 2:
		return "register " + mac + " --follow", "", with([]string{mac}, "")
	case n < 4:
		return "register " + mac + " " + url, "", with([]string{mac}, url)
	case n < 6 && a.has(mac):
		return "deregister " + mac, "", without(mac)
	case n < 7:
		return "account server " + a.name + " " + url + " --yes", "", func(s state) state { return state{url, s.phones} }
	case n < 8 && len(a.phones) > 0:
		old := a.anyURL()
		return "retarget " + old + " " + url + " --yes", "", moved(old, url)
	}
	from := a.random.IntN(len(a.macs) / 2)
	list := a.macs[from : from+a.random.IntN(len(a.macs)/2)+1]
	command = "register - " + url + " --yes"
	if a.random.IntN(2) == 0 {
		command += " --atomic"
	}
	return command, strings.Join(list, "\n") + "\n", with(list, url)
}

func (a *killAccount) has(mac string) bool {
	_, ok := a.phones[mac]
	return ok
}

// anyURL returns a URL that a phone of the account has.
func (a *killAccount) anyURL() string {
	for _, mac := range a.macs {
		if url := a.phones[mac]; url != "" {
			return url
		}
	}
	return a.server
}

func with(macs []string, url string) func(state) state {
	return func(s state) state {
		s.phones = maps.Clone(s.phones)
		for _, mac := range macs {
			s.phones[mac] = url
		}
		return s
	}
}

func without(mac string) func(state) state {
	return func(s state) state {
		s.phones = maps.Clone(s.phones)
		delete(s.phones, mac)
		return s
	}
}

func moved(from, to string) func(state) state {
	return func(s state) state {
		if s.server == from {
			s.server = to
		}
		s.phones = maps.Clone(s.phones)
		for mac, url := range s.phones {
			if url == from {
				s.phones[mac] = to
			}
		}
		return s
	}
}

// restarted compares the account with what it has after a restart, and goes on from
// there: all that was acknowledged, and of the change without an answer all or nothing.
func (a *killAccount) restarted(got state) error {
	want := []state{a.state}
	if a.cutOff != nil {
		want = append(want, a.cutOff(a.state))
	}
	a.state, a.cutOff = got, nil
	for _, s := range want {
		if s.server == got.server && maps.Equal(s.phones, got.phones) {
			return nil
		}
	}
	return fmt.Errorf("after %d acknowledged changes and %q without an answer it has %s and\n%s\nwant %s and\n%s",
		a.acknowledged, a.what, got.server, got.sorted(), want[len(want)-1].server, want[len(want)-1].sorted())
}
