package sshconsole

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// answering answers each question with the next of answers.
func answering(answers ...string) gossh.AuthMethod {
	return gossh.RetryableAuthMethod(gossh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
		if !slices.Equal(questions, []string{"Password: "}) || !slices.Equal(echos, []bool{false}) {
			return nil, errors.New("another question")
		}
		answer := answers[0]
		answers = answers[1:]
		return []string{answer}, nil
	}), len(answers))
}

// A client that knows only keyboard-interactive logs in with its password. The login
// counts and is logged as one with a password, and ends with it.
func TestKeyboardInteractive(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	password := l.newPassword("acme")
	c := l.login("acme", answering("wrong", password))
	l.runs(c, "list", 0, "")
	l.observes(map[string]int{"password accepted": 1, "done": 1})
	log := l.log.String()
	if !strings.Contains(log, `msg="login refused" user=acme from=127.0.0.1:`) || !strings.Contains(log, `by=password why="wrong name or password"`) ||
		!strings.Contains(log, "msg=login account=acme by=password") || strings.Contains(log, password) {
		t.Errorf("the log contains\n%s", log)
	}
	l.newPassword("acme")
	l.runs(c, "list", 1, "You are logged out")
	c.Close()
	l.releases()

	password = l.newPassword("acme")
	for _, try := range []struct{ user, password string }{
		{"acme", "wrong"}, {"acme", ""}, {"bravo", ""}, {"bravo", password}, {"nobody", password}, {"../x\x1b", password},
	} {
		if c, err := l.dial(try.user, answering(try.password)); err == nil {
			t.Errorf("logged in with %+v", try)
			c.Close()
		}
	}
	l.does("olga", "account disable acme")
	if _, err := l.dial("acme", answering(password)); err == nil {
		t.Error("logged in to a disabled account")
	}
}

// The limit of attempts covers both ways to offer a password.
func TestMaxAuthTriesOfPasswords(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	password := l.newPassword("acme")
	if c, err := l.dial("acme", answering("1", "2", "3", "4", "5", "6", password)); err == nil {
		t.Error("the seventh answer was tried")
		c.Close()
	}
	if c, err := l.dial("acme", answering("1", "2", "3"), gossh.RetryableAuthMethod(gossh.Password("4"), 3), answering(password)); err == nil {
		t.Error("the seventh password was tried")
		c.Close()
	}
	l.observes(map[string]int{"password refused": 2})
}

// Attack: a client lets the question for its password wait. The connection ends when
// any other that does not log in does, and has offered nothing.
func TestUnansweredQuestion(t *testing.T) {
	limits := defaultLimits
	limits.loginTime = 300 * time.Millisecond
	l := newLab(t, limits, nil)
	asked, answer := make(chan struct{}), make(chan struct{})
	dialed := make(chan error, 1)
	go func() {
		_, err := l.dial("acme", gossh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) {
			close(asked)
			<-answer
			return nil, errors.New("none")
		}))
		dialed <- err
	}()
	<-asked
	l.releases()
	close(answer)
	if err := <-dialed; err == nil {
		t.Error("logged in")
	}
	l.observes(map[string]int{})
	if log := l.log.String(); strings.Contains(log, "refused") {
		t.Errorf("the log contains\n%s", log)
	}
}
