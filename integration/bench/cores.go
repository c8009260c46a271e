package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// cores are the cores that this process may use: one for the servers and the others for
// the clients.
type cores struct {
	server  int
	clients []int
}

// divideCores divides the cores that this process may use.
func divideCores() (cores, error) {
	all, err := usableCores()
	if err != nil {
		return cores{}, err
	}
	if len(all) < 2 {
		return cores{}, errors.New("expected at least two cores: one for the servers, one for the clients")
	}
	return cores{all[0], all[1:]}, nil
}

// pinClients moves all threads of this process to the cores for clients.
func (c cores) pinClients() error {
	runtime.GOMAXPROCS(len(c.clients))
	return pinProcess(c.clients)
}

// start starts a server on its core, and its children.
func (c cores) start(cmd *exec.Cmd) error {
	runtime.LockOSThread() // a process inherits the cores of the thread that starts it
	defer runtime.UnlockOSThread()
	if err := pinThread([]int{c.server}); err != nil {
		return err
	}
	return errors.Join(cmd.Start(), pinThread(c.clients))
}

// machine describes what the figures were measured on.
func machine() string {
	model := "unknown CPU"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`).FindSubmatch(info); m != nil {
			model = string(m[1])
		}
	}
	memory := ""
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int
		if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kib); err == nil {
			memory = fmt.Sprintf(", %d GiB of memory", (kib+1<<19)>>20)
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%s with %d cores%s, Linux %s, %s", strings.TrimSpace(model), runtime.NumCPU(), memory, bytes.TrimSpace(kernel), runtime.Version())
}
