package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience bounds each wait for a program.
const patience = 3 * time.Minute

// A process is a server with its children.
type process struct {
	*exec.Cmd
	ended chan struct{}
}

// start starts a server on its core. What it writes to standard error goes to a file in
// the folder, and line by line to each, which may be nil.
func (b *bench) start(cmd *exec.Cmd, each func(line string)) (*process, error) {
	log, err := os.Create(filepath.Join(b.folder, filepath.Base(cmd.Path)+".log"))
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = b.cores.start(cmd)
	}
	if err != nil {
		log.Close()
		return nil, err
	}
	p := &process{cmd, make(chan struct{})}
	context.AfterFunc(b.ctx, func() { _ = cmd.Process.Kill() })
	go func() {
		defer close(p.ended)
		defer log.Close()
		for lines := bufio.NewScanner(io.TeeReader(stderr, log)); lines.Scan(); {
			if each != nil {
				each(lines.Text())
			}
		}
		_ = cmd.Wait()
	}()
	return p, nil
}

// stop ends the process, and waits for its end.
func (p *process) stop() {
	_ = p.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.Process.Kill()
		<-p.ended
	}
}

// cpu returns the CPU time that the process and its children have used. The kernel counts
// it in nanoseconds and shows it in hundredths of a second, which is a small part of a
// round.
func (p *process) cpu() (time.Duration, error) {
	const hertz = 100 // USER_HZ, which is the same everywhere
	total := 0
	for _, pid := range append(children(p.Process.Pid), p.Process.Pid) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		for _, field := range fields[11:15] { // utime, stime, and those of children that have ended
			n, err := strconv.Atoi(string(field))
			if err != nil {
				return 0, err
			}
			total += n
		}
	}
	return time.Duration(total) * time.Second / hertz, nil
}

// children returns the children of a process that are running, and theirs.
func children(pid int) (all []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				all = append(append(all, child), children(child)...)
			}
		}
	}
	return all
}

// memory returns a figure of /proc/PID/status such as VmRSS, in KiB.
func (p *process) memory(name string) (kib float64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^` + name + `:\s*(\d+) kB$`).FindSubmatch(status)
	if m == nil {
		return 0, fmt.Errorf("the system shows no %s", name)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// freeAddress returns an address of the loopback interface at which nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// listening waits until a server listens.
func (p *process) listening(address string) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			return c.Close()
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s has ended: its log is %s.log", p.Path, filepath.Base(p.Path))
		default:
		}
	}
	return fmt.Errorf("%s does not listen at %s", p.Path, address)
}
