package integration

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// A launched is the program with a pipe as its standard error, of which only what the
// test reads is read.
type launched struct {
	*testing.T
	*story
	stderr *os.File
	log    *bufio.Scanner // of stderr
	ended  chan struct{}
	err    error    // how it ended, once it has
	early  []string // lines of the log before it listened
}

// launch starts the program, as prepare changes it, and returns once it listens.
func launch(t *testing.T, prepare func(*exec.Cmd), flags ...string) *launched {
	t.Helper()
	l := &launched{T: t, story: &story{folder: t.TempDir()}, ended: make(chan struct{})}
	if err := l.makeKey("admin"); err != nil {
		t.Fatal(err)
	}
	l.relaunch(prepare, flags...)
	return l
}

// relaunch starts the program in the same folder as before.
func (l *launched) relaunch(prepare func(*exec.Cmd), flags ...string) {
	l.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		l.Fatal(err)
	}
	l.process = exec.Command(program, append([]string{
		"serve", "--data", "data", "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--log-format", "json", "--admin-key", "admin.pub"}, flags...)...)
	l.process.Dir, l.process.Stderr = l.folder, write
	if prepare != nil {
		prepare(l.process)
	}
	err = l.process.Start()
	write.Close()
	if err != nil {
		l.Fatal(err)
	}
	process, ended := l.process, make(chan struct{})
	l.stderr, l.log, l.ended = read, bufio.NewScanner(read), ended
	go func() {
		l.err = process.Wait()
		close(ended)
	}()
	l.Cleanup(func() {
		_ = process.Process.Kill()
		<-ended
		read.Close()
	})
	l.early, l.addresses = nil, addresses{}
	line := l.logged("listening")
	if err := json.Unmarshal(line, &l.addresses); err != nil {
		l.Fatal(err)
	}
}

// logged reads the log up to a line with a message, and returns that.
func (l *launched) logged(message string) (line []byte) {
	l.Helper()
	for l.log.Scan() {
		var got struct{ Msg string }
		if json.Unmarshal(l.log.Bytes(), &got) == nil && got.Msg == message {
			return l.log.Bytes()
		}
		if l.HTTP == "" {
			l.early = append(l.early, l.log.Text())
		}
	}
	l.Fatalf("%q is not logged", message)
	return nil
}

// signal sends a signal to the program.
func (l *launched) signal(s os.Signal) {
	l.Helper()
	if err := l.process.Process.Signal(s); err != nil {
		l.Fatal(err)
	}
}

// exits waits until the program exits, which must be with status 0.
func (l *launched) exits() {
	l.Helper()
	select {
	case <-l.ended:
		if l.err != nil {
			l.Error(l.err)
		}
	case <-time.After(patience):
		l.Fatalf("the program does not exit after %v", patience)
	}
}
