package integration

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// activated makes a process inherit sockets with names, as systemd passes them.
func activated(names string, sockets ...*os.File) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		underShell("LISTEN_PID=$$; export LISTEN_PID")(c)
		c.ExtraFiles = sockets
		c.Env = append(c.Environ(), fmt.Sprint("LISTEN_FDS=", len(sockets)), "LISTEN_FDNAMES="+names)
	}
}

// socket opens a listening socket, as systemd does.
func socket(t *testing.T) (file *os.File, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err = l.(*net.TCPListener).File()
	address = l.Addr().String()
	l.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file, address
}

// Sockets that systemd has opened replace the addresses of the flags. Whoever connects
// during a restart is answered by the next service: nobody is refused. systemd hears
// when the service is ready, and when it stops.
func TestSocketActivation(t *testing.T) {
	http, httpAddress := socket(t)
	ssh, sshAddress := socket(t)
	notified, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify")})
	if err != nil {
		t.Fatal(err)
	}
	defer notified.Close()
	hears := func(want string) {
		t.Helper()
		text := make([]byte, 100)
		_ = notified.SetReadDeadline(time.Now().Add(patience))
		if n, err := notified.Read(text); string(text[:n]) != want {
			t.Errorf("%q, %v; want %q", text[:n], err, want)
		}
	}
	prepare := func(c *exec.Cmd) {
		activated("http:ssh", http, ssh)(c)
		c.Env = append(c.Env, "NOTIFY_SOCKET="+notified.LocalAddr().String())
	}
	l := launch(t, prepare)
	if l.HTTP != httpAddress || l.SSH != sshAddress {
		t.Errorf("listens on %s and %s, want %s and %s", l.HTTP, l.SSH, httpAddress, sshAddress)
	}
	hears("READY=1")
	l.administer("register 2e4 http://own.example")

	var phones sync.WaitGroup
	restarted := make(chan struct{})
	for range 16 {
		phones.Go(func() {
			for again := true; again; {
				select {
				case <-restarted:
					again = false
				default:
				}
				c := connect(httpAddress)
				if c == nil {
					t.Error("refused")
					return
				}
				_, _ = io.WriteString(c, phonesRequest)
				if answer, err := io.ReadAll(c); !strings.Contains(string(answer), "http://own.example") {
					t.Errorf("%q, %v", answer, err)
				}
				c.Close()
			}
		})
	}
	for range 3 {
		l.signal(syscall.SIGTERM)
		l.exits()
		hears("STOPPING=1")
		between := connect(httpAddress)
		if between == nil {
			t.Fatal("refused")
		}
		_, _ = io.WriteString(between, phonesRequest)
		l.relaunch(prepare)
		hears("READY=1")
		if answer, err := io.ReadAll(between); !strings.Contains(string(answer), "http://own.example") {
			t.Errorf("%q, %v", answer, err)
		}
	}
	close(restarted)
	phones.Wait()
}

// Sockets that the service has no use for are refused, with a line that says why.
func TestSocketsRefused(t *testing.T) {
	tcp, _ := socket(t)
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	udp, err := packets.(*net.UDPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for want, prepare := range map[string]func(*exec.Cmd){
		`a socket from systemd has the name "snomredirect.socket": expected FileDescriptorName to be http, https, rds, files, ssh or metrics`: activated("snomredirect.socket", tcp),
		`systemd gives more than one socket with the name http: expected one`:                                                                 activated("http:http", tcp, tcp),
		`the socket http from systemd is not one for TCP: expected ListenStream with a port`:                                                  activated("http", udp),
		`--https ` + tcpAddress(t, tcp) + `: expected --tls-cert and --tls-key too`:                                                           activated("https", tcp),
	} {
		c := exec.Command(program, "serve", "--ssh", "127.0.0.1:0")
		c.Dir = t.TempDir()
		prepare(c)
		out, err := c.CombinedOutput()
		if string(out) != "snomredirect: "+want+": try snomredirect --help\n" || c.ProcessState.ExitCode() != 2 {
			t.Errorf("%q, %v; want %q", out, err, want)
		}
		if left, _ := os.ReadDir(c.Dir); len(left) > 0 {
			t.Errorf("%s: %v is left", want, left)
		}
	}
}

func tcpAddress(t *testing.T, file *os.File) string {
	t.Helper()
	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// maxExposure is how far systemd-analyze security may say that the service is exposed,
// on its scale from 0 to 10.
const maxExposure = 1.3

// systemd understands the units of the package and the drop-ins of the page, and finds
// the service confined.
func TestUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed: it is in Debian's package systemd")
	}
	folder := t.TempDir()
	args := []string{"verify", "--man=no", "--recursive-errors=no"}
	units := matching(t, "integration/package/snomredirect*.s*")
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, filepath.Base(unit))
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "/usr/bin/snomredirect", program)), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if len(units) != 4 {
		t.Errorf("units of the package: %v", units)
	}
	dropIns := writeDropIns(t, folder)
	if dropIns == 0 {
		t.Error("docs/install.md has no drop-in")
	}
	if out, err := exec.Command("systemd-analyze", args...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%s%v", out, err)
	}
	limit := fmt.Sprint("--threshold=", int(maxExposure*10))
	if out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--no-pager", limit, filepath.Join(folder, "snomredirect.service")).CombinedOutput(); err != nil {
		t.Errorf("%s%v", out, err)
	}
}

// writeDropIns writes the drop-ins that docs/install.md shows beside the units in a
// folder, and returns how many there are.
func writeDropIns(t *testing.T, folder string) (n int) {
	t.Helper()
	page, err := os.ReadFile("../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range regexp.MustCompile("(?ms)^```conf\n# /etc/systemd/system/(\\S+)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		file := filepath.Join(folder, d[1])
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(d[2]), 0o600); err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
