package integration

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestFail2Ban makes logins that are refused and guesses MACs, and has fail2ban read the program's log,
// in both formats, with the filter that the pages recommend.
func TestFail2Ban(t *testing.T) {
	fail2ban, err := exec.LookPath("fail2ban-regex")
	if err != nil {
		t.Skip("fail2ban-regex is not installed")
	}
	sources(t)
	filter, err := filepath.Abs("fail2ban-filter.conf")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		for _, host := range []string{"127.0.0.1", "::1"} {
			t.Run(format+" "+host, func(t *testing.T) {
				if l, err := net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
					t.Skip("this machine has no address " + host)
				} else {
					l.Close()
				}
				log, refused := refusedLogins(t, format, host)
				for mode, lines := range map[string]int{"": refused + 1, "[mode=logins]": refused, "[mode=scans]": 1} {
					command := exec.Command(fail2ban, "-o", "ip", log, filter+mode)
					out, err := command.CombinedOutput()
					text, _ := os.ReadFile(log)
					if err != nil {
						t.Fatalf("%v\n%s\n%s", err, out, text)
					}
					if want := strings.Repeat(host+"\n", lines); strings.TrimSpace(string(out)) != strings.TrimSpace(want) {
						t.Errorf("fail2ban%s found\n%s\nwant\n%s\nin the log\n%s", mode, out, want, text)
					}
				}
			})
		}
	}
}

// refusedLogins runs the program at an address, and tries to log in with keys and
// passwords that are refused, and once with one that is not, and guesses MACs. It
// returns the log and how many logins were refused.
func refusedLogins(t *testing.T, format, host string) (log string, refused int) {
	t.Helper()
	s := &story{folder: t.TempDir()}
	for _, name := range []string{"admin", "evil"} {
		if err := s.makeKey(name); err != nil {
			t.Fatal(err)
		}
	}
	log = filepath.Join(s.folder, "serve.log")
	s.HTTP, s.SSH, s.RDS = serveHere(t, s.folder, log, format, host)

	signer := func(name string) ssh.Signer {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(s.folder, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		key, err := ssh.ParsePrivateKey(text)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	admin, evil := signer("admin"), signer("evil")
	client, err := s.connect("admin", ssh.PublicKeys(admin))
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	for _, login := range []struct {
		user string
		auth ssh.AuthMethod
	}{
		{"admin", ssh.PublicKeys(evil)},
		{"admin", ssh.PublicKeys(borrowed{evil, admin.PublicKey()})},
		{"nobody", ssh.Password("wrong")},
		{"", ssh.Password("wrong")},
		// Names that try to have another address banned, or to escape the filter.
		{`x from=203.0.113.9:1 by=password why="wrong name or password"`, ssh.Password("wrong")},
		{`x","from":"203.0.113.9:1","by":"password","why":"wrong name or password"}`, ssh.Password("wrong")},
		{"x\\\"\n\u202e", ssh.PublicKeys(evil)},
	} {
		if client, err := s.connect(login.user, login.auth); err == nil {
			client.Close()
			t.Fatalf("%q logged in", login.user)
		}
		refused++
	}
	request, err := http.NewRequest(http.MethodPost, "https://"+s.RDS+"/xmlrpc", strings.NewReader("<methodCall/>"))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("nobody", "wrong")
	tool := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := tool.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	refused++
	awaitLog(t, log, regexp.MustCompile(`(?s)(?:login refused.*){`+strconv.Itoa(refused)+`}`))
	guess(t, s.HTTP) // one line, however many MACs
	awaitLog(t, log, regexp.MustCompile(`too many unknown MACs requested`))
	return log, refused
}

// guess requests more phones than a client can guess, with paths and User-Agents that
// try to have another address banned.
func guess(t *testing.T, address string) {
	t.Helper()
	for n := range 20 {
		request, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://%s/snom360/snom360.php?mac=0004133%05X", address, n), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("User-Agent", `x" level=INFO msg="too many unknown MACs requested" from=203.0.113.9`)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
}

// serveHere runs the program until the test ends, and returns its addresses.
func serveHere(t *testing.T, folder, log, format, host string) (httpAddress, sshAddress, rdsAddress string) {
	t.Helper()
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	address := net.JoinHostPort(host, "0")
	process := exec.Command(program, "serve", "--data", "data", "--http", address, "--ssh", address, "--rds", address,
		"--admin-key", "admin.pub", "--log-format", format, "--scan-limit", "9")
	process.Dir, process.Stderr = folder, file
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	text := awaitLog(t, log, regexp.MustCompile(`msg"?[=:]"?listening.*\n`))
	find := func(name string) string {
		t.Helper()
		m := regexp.MustCompile(`\b` + name + `"?[=:]"?([^\s"]+)`).FindStringSubmatch(text[strings.Index(text, "listening"):])
		if m == nil {
			t.Fatalf("no address of %s in\n%s", name, text)
		}
		return m[1]
	}
	return find("http"), find("ssh"), find("rds")
}

// awaitLog waits until a log matches, and returns it.
func awaitLog(t *testing.T, log string, wanted *regexp.Regexp) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if wanted.Match(text) {
			return string(text)
		}
		if time.Now().After(deadline) {
			t.Fatalf("not logged: %v\n%s", wanted, text)
		}
	}
}
