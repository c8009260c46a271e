package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A user who may not listen on port 80 is told what to do.
func TestPrivilegedPort(t *testing.T) {
	text, _ := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if first, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || first <= 80 {
		t.Skipf("any user of this system may listen on port 80: its first port for all is %q", text)
	}
	folder := t.TempDir() // another user can run programs here, and not in that of program
	copied := filepath.Join(folder, "snomredirect")
	binary, err := os.ReadFile(program)
	if err == nil {
		err = os.WriteFile(copied, binary, 0o755)
	}
	if err == nil {
		err = os.Chmod(filepath.Dir(folder), 0o755)
	}
	data := filepath.Join(folder, "data")
	if err == nil {
		err = os.Mkdir(data, 0o777)
	}
	if err == nil {
		err = os.Chmod(data, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(copied, "serve", "--http", "127.0.0.1:80", "--ssh", "127.0.0.1:0", "--data", data)
	c.Dir = data
	if os.Getuid() == 0 {
		const nobody = 65534
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := c.CombinedOutput()
	want := "snomredirect: --http 127.0.0.1:80: this user may not listen on a port below 1024: allow the program to, with sudo setcap cap_net_bind_service=+ep " + copied +
		", or let systemd open the port, as the unit in integration/package does: docs/install.md\n"
	if !strings.HasSuffix(string(out), want) || c.ProcessState.ExitCode() != 1 {
		t.Errorf("%s%v; want %s", out, err, want)
	}
}
