package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
)

// buildFlags are flags for go build.
var buildFlags []string

// patience is the time limit for each wait for the program.
const patience = time.Minute

type storyKey struct{}

// A story is the program of one script, and what the last commands returned.
type story struct {
	addresses  // of the program
	folder     string
	process    *exec.Cmd
	ended      chan error
	hostKey    atomic.Value      // a string, of the last connection
	lastStatus int               // the exit status of the last command over SSH
	uploading  *ssh.Client       // the connection of upload, until it ends
	scraped    scraped           // the metrics of the last scrape
	endpoints  map[string]string // what falconieri keeps of its first calls, by API key
}

// addresses are the program's listen addresses, by protocol; "" if it does not
// listen for it.
type addresses struct{ HTTP, HTTPS, SSH, RDS, Files, Metrics, PnP string }

func of(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// serve [flag ...] starts the program on free ports, with its data in data and
// its standard error in serve.log, and sets HTTP, HTTPS, SSH, SSHPORT, RDS, METRICS
// and PNP to its listen addresses. Flags override the free ports.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if neg || s.process != nil {
		ts.Fatalf("usage: serve [flag ...], one at a time; use exec to see it fail")
	}
	var env []string
	for _, name := range []string{"SNOMREDIRECT_ADMIN_KEY", "SNOMREDIRECT_PUBLIC_NAME"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	if err := s.start(env, args); err != nil {
		ts.Fatalf("%v\n%s", err, ts.ReadFile("serve.log"))
	}
	_, port, err := net.SplitHostPort(s.SSH)
	ts.Check(err)
	ts.Setenv("HTTP", s.HTTP)
	ts.Setenv("HTTPS", s.HTTPS)
	ts.Setenv("SSH", s.SSH)
	ts.Setenv("SSHPORT", port)
	ts.Setenv("RDS", s.RDS)
	ts.Setenv("METRICS", s.Metrics)
	ts.Setenv("PNP", s.PnP)
}

// start starts the program and returns once it listens.
func (s *story) start(env, flags []string) error {
	return s.startAs(env, flags, func(*exec.Cmd) error { return nil })
}

// startAs is start of a process as prepare changes it.
func (s *story) startAs(env, flags []string, prepare func(*exec.Cmd) error) error {
	log, err := os.OpenFile(filepath.Join(s.folder, "serve.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	process := exec.Command(program, append([]string{
		"serve", "--data", "data", "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug"}, flags...)...)
	process.Dir = s.folder
	process.Env = append(process.Environ(), env...)
	stderr, err := process.StderrPipe()
	if err == nil {
		err = prepare(process)
	}
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		log.Close()
		return err
	}
	s.process = process

	listening := make(chan struct{})
	s.ended = make(chan error, 1)
	go func() {
		defer log.Close()
		announced := false
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			fmt.Fprintln(log, lines.Text())
			var entry struct {
				addresses
				Msg string
			}
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "listening" && !announced {
				s.addresses = entry.addresses
				announced = true
				close(listening)
			}
		}
		s.ended <- process.Wait()
	}()
	select {
	case <-listening:
		return nil
	case err := <-s.ended:
		s.process = nil
		return fmt.Errorf("the program exited: %w", err)
	case <-time.After(patience):
		return fmt.Errorf("the program does not listen after %v", patience)
	}
}

// halt [INT] stops the program with SIGTERM or SIGINT, and expects it to exit with
// status 0. (testscript has a command stop of its own.)
func halt(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	signal := syscall.SIGTERM
	if len(args) == 1 && args[0] == "INT" {
		signal = syscall.SIGINT
		args = nil
	}
	if neg || len(args) > 0 || s.process == nil {
		ts.Fatalf("usage: halt [INT], after serve")
	}
	ts.Check(s.process.Process.Signal(signal))
	if err := s.wait(); err != nil {
		ts.Fatalf("%v\n%s", err, ts.ReadFile("serve.log"))
	}
	if log := ts.ReadFile("serve.log"); strings.Contains(log, "DATA RACE") || strings.Contains(log, `"msg":"panic"`) {
		ts.Fatalf("%s", log)
	}
}

// logged REGEXP waits until a line of the program's log matches.
func logged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: logged REGEXP")
	}
	wanted, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); !wanted.MatchString(ts.ReadFile("serve.log")); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("not logged: %s\n%s", args[0], ts.ReadFile("serve.log"))
		}
	}
}

// crash kills the program, which is for a process what a power failure is.
func crash(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if neg || len(args) > 0 || s.process == nil {
		ts.Fatalf("usage: crash, after serve")
	}
	ts.Check(s.process.Process.Kill())
	_ = s.wait()
}

func (s *story) wait() error {
	defer func() {
		s.process = nil
		if s.uploading != nil { // its server is gone
			s.uploading.Close()
			s.uploading = nil
		}
	}()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		_ = s.process.Process.Kill()
		return fmt.Errorf("the program does not exit after %v", patience)
	}
}

// end kills the program if it is still running, and reports whether it was.
func (s *story) end() (running bool) {
	if s.process == nil {
		return false
	}
	_ = s.process.Process.Kill()
	_ = s.wait()
	return true
}
