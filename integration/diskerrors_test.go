package integration

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// inject makes system calls of the running program on its database fail with EIO, as
// strace's inject= says, until stop is called.
func (l *launched) inject(folder, calls string) (stop func()) {
	l.Helper()
	tracer := exec.Command("strace", "-f", "-p", strconv.Itoa(l.process.Process.Pid),
		"-P", filepath.Join(folder, database), "-e", "trace=fdatasync,fsync,pwrite64,ftruncate", "-e", "inject="+calls)
	stderr, err := tracer.StderrPipe()
	if err == nil {
		err = tracer.Start()
	}
	if err != nil {
		l.Fatal(err)
	}
	lines, read := bufio.NewScanner(stderr), make(chan struct{})
	attached := false
	for !attached && lines.Scan() {
		attached = strings.Contains(lines.Text(), " attached")
	}
	if !attached {
		_ = tracer.Wait()
		l.Skip("this test traces the program: run it as root, or with kernel.yama.ptrace_scope=0")
	}
	go func() {
		defer close(read)
		for lines.Scan() {
		}
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = tracer.Process.Signal(syscall.SIGINT) // it detaches
		<-read
		_ = tracer.Wait()
	}
	l.Cleanup(stop)
	return stop
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("this test makes system calls fail: install strace")
	}
}

// Whichever operation of a commit fails, the change is refused, phones are answered, and
// changes are stored again once the errors stop.
func TestDiskErrors(t *testing.T) {
	needStrace(t)
	for _, call := range []string{"pwrite64", "fdatasync", "fsync", "ftruncate"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "data")
			l, answer := launchOn(t, folder)
			stop := l.inject(folder, call+":error=EIO")
			command, list := "register 0004132f0002 http://refused.example", ""
			grows := call == "fsync" || call == "ftruncate"
			if grows { // the file is made longer only for a change that needs more room
				command, list = "register -", manyPhones()
			}
			if text, status := l.says(command, list); status != 1 || !strings.Contains(text, notChanged) {
				t.Errorf("exit status %d, %q; want 1, %q", status, text, notChanged)
			}
			if !grows { // else the service finds that it can store small changes
				l.refusing("the disk fails", answer)
				if text, status := l.says("register -", manyPhones()); status != 1 || !strings.Contains(text, notChanged) {
					t.Errorf("a list: exit status %d, %q; want 1, %q", status, text, notChanged)
				}
			}
			if got := l.get(phonePath); got != answer {
				t.Errorf("a phone gets %q, want %q", got, answer)
			}
			l.expectSays("count", 0, "1\n")
			l.expectRefusalLogged()
			stop()
			l.recovers(answer)
			l.expectSays("count", 0, "2\n")
			l.checksWell(folder)
		})
	}
}

// If only the last sync fails, of the meta page, the change is in the file and may be lost
// by a power cut: the console says that it is not known whether it is stored.
func TestLastSyncFails(t *testing.T) {
	t.Parallel()
	needStrace(t)
	folder := filepath.Join(t.TempDir(), "data")
	l, answer := launchOn(t, folder)
	// strace counts calls for each thread, and the two syncs of a commit are usually, not
	// always, made by the same one: then its second, fourth, ... is the last of a commit
	stop := l.inject(folder, "fdatasync:error=EIO:when=2+2")
	want := map[string]bool{} // the phones that must be there, or must not
	unknown := ""
	for i := 0; unknown == ""; i++ {
		if i == 200 {
			t.Fatal("no last sync has failed")
		}
		mac := fmt.Sprintf("000413500%03X", i)
		text, status := l.says("register "+mac+" http://errors.example", "")
		switch {
		case status == 0:
			want[mac] = true
		case status == 1 && strings.Contains(text, notChanged):
			want[mac] = false
		case status == 1 && strings.Contains(text, "it is not known whether the change was stored. See what SHOW or HISTORY says, and tell your operator."):
			unknown = mac
		default:
			t.Fatalf("exit status %d, %q", status, text)
		}
	}
	l.refusing("the disk fails", answer)
	l.expectRefusalLogged()
	stop()
	l.recovers(answer)
	text, _ := l.says("show "+unknown, "")
	want[unknown] = strings.Contains(text, "http://errors.example")
	stored := 2
	for mac, there := range want {
		part := "not registered"
		if there {
			part = "http://errors.example"
			stored++
		}
		l.expectSays("show "+mac, 0, part)
	}
	l.expectSays("count", 0, fmt.Sprintf("%d\n", stored))
	l.checksWell(folder)
}
