package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// An sshClient is an SSH library or client that partners' scripts may use.
type sshClient struct {
	packages string   // of Debian, which contain it
	flags    []string // of the service, which it needs
	chatty   bool     // it writes lines of its own to standard error, before the command's
	// prepare returns how the client runs commands. If it is not installed, prepare
	// skips the test.
	prepare func(*sshClientTest) commandLine
}

// A commandLine returns the command line that runs a command of the console. The
// method is key or password.
type commandLine func(method, command string) []string

var legacy = []string{"--ssh-legacy"}

var sshClients = map[string]sshClient{
	"paramiko":                 {packages: "python3-paramiko", prepare: script("python.py", "python3", "-c", "import paramiko")},
	"PHP ssh2":                 {packages: "php-cli php-ssh2", flags: legacy, prepare: script("php.php", "php", "-r", "exit(function_exists('ssh2_connect') ? 0 : 1);")},
	"Net::SSH2":                {packages: "libnet-ssh2-perl", flags: legacy, prepare: script("perl.pl", "perl", "-e", "use Net::SSH2")},
	"net-ssh":                  {packages: "ruby-net-ssh", flags: legacy, prepare: script("ruby.rb", "ruby", "-e", "require 'net/ssh'")},
	"plink":                    {packages: "putty-tools", prepare: plink, chatty: true},
	"dbclient":                 {packages: "dropbear-bin", prepare: dbclient, chatty: true},
	"OpenSSH":                  {packages: "openssh-client", prepare: openSSH},
	"plink, with --ssh-legacy": {packages: "putty-tools", flags: legacy, prepare: plink, chatty: true}, // prefers encrypt-and-MAC
}

// Each client logs in with a key and with a password, uploads a list and gets
// standard output, standard error and exit status apart.
func TestSSHClients(t *testing.T) {
	sources(t)
	for name, client := range sshClients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newSSHClientTest(t, client).run(client)
		})
	}
}

// An sshClientTest is a service with a partner acme, whose key is in acme.key and
// acme.key.pub.
type sshClientTest struct {
	*testing.T
	story
	client        sshClient
	port          string
	key, password string
}

func newSSHClientTest(t *testing.T, client sshClient) *sshClientTest {
	c := &sshClientTest{T: t, client: client, story: story{folder: t.TempDir()}}
	c.check(errors.Join(c.makeKey("admin"), c.makeKey("acme")))
	c.key = filepath.Join(c.folder, "acme.key")
	c.check(os.Rename(filepath.Join(c.folder, "acme.pub"), c.key+".pub"))
	public, err := os.ReadFile(c.key + ".pub")
	c.check(err)
	c.check(c.start(nil, append([]string{"--quota", "100000", "--admin-key", filepath.Join(c.folder, "admin.pub")}, client.flags...)))
	t.Cleanup(func() { c.end() })
	c.port = c.SSH[strings.LastIndex(c.SSH, ":")+1:]

	admin, err := c.dial("admin")
	c.check(err)
	defer admin.Close()
	c.admin(admin, "account add acme http://prov.acme.example/{mac}")
	c.admin(admin, "account key acme add "+strings.TrimSpace(string(public)))
	c.password = c.admin(admin, "account password acme")
	return c
}

func (c *sshClientTest) check(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// hostKey returns the fingerprint of the service's host key.
func (c *sshClientTest) hostKey() string {
	c.Helper()
	private, err := os.ReadFile(filepath.Join(c.folder, "data", "ssh_host_ed25519_key"))
	c.check(err)
	signer, err := ssh.ParsePrivateKey(private)
	c.check(err)
	return ssh.FingerprintSHA256(signer.PublicKey())
}

func (c *sshClientTest) admin(client *ssh.Client, command string) string {
	c.Helper()
	session, err := client.NewSession()
	c.check(err)
	defer session.Close()
	out, err := session.Output(command)
	c.check(err)
	return strings.TrimSpace(string(out))
}

func (c *sshClientTest) run(client sshClient) {
	command := client.prepare(c)
	var list strings.Builder // of many packets
	for i := range 10_000 {
		fmt.Fprintf(&list, "%012X,http://own.example/a/setting/server/of/some/length/{mac}\n", 0x000413600000+i)
	}
	const unknown = `Line 10001: "zz": expected twelve hex digits`
	for _, step := range []struct {
		method, command, input string
		status                 int
		stdout, stderr         string // stderr is how the command's starts
	}{
		{"key", "register 2e4 2e5", "", 0, "0004132202E4 registered. Setting server: http://prov.acme.example/{mac} (the account's)\n0004132202E5 registered. Setting server: http://prov.acme.example/{mac} (the account's)\n2 phones: 2 registered.\n", ""},
		{"key", "list", "", 0, "0004132202E4\n0004132202E5\n", ""},
		{"key", "register -", list.String() + "zz\n", 1, "10001 lines: 10000 registered, 1 failed.\n", unknown},
		{"password", "deregister - --yes", list.String() + "zz\n", 1, "10001 lines: 10000 deregistered, 1 failed.\n", unknown},
		{"password", "list", "", 0, "0004132202E4\n0004132202E5\n", ""},
		{"password", "frobnicate", "", 2, "", "Unknown command"},
	} {
		var stdout, stderr bytes.Buffer
		line := command(step.method, step.command)
		ctx, cancel := context.WithTimeout(c.Context(), patience)
		process := exec.CommandContext(ctx, line[0], line[1:]...)
		process.Dir, process.Stdin, process.Stdout, process.Stderr = c.folder, strings.NewReader(step.input), &stdout, &stderr
		process.Env = append(process.Environ(), "HOME="+c.folder, "DROPBEAR_PASSWORD="+c.password,
			"SSH_ASKPASS_REQUIRE=force", "SSH_ASKPASS="+filepath.Join(c.folder, "askpass"))
		err := process.Run()
		cancel()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			c.Fatal(err)
		}
		problem := stderr.String()
		if client.chatty && step.stderr != "" {
			problem = problem[max(0, strings.Index(problem, step.stderr)):]
		}
		if process.ProcessState.ExitCode() != step.status || stdout.String() != step.stdout || !strings.HasPrefix(problem, step.stderr) ||
			step.stderr == "" && problem != "" && !client.chatty {
			c.Fatalf("%q: %v\n%s\nstandard error:\n%s\nwant status %d\n%s\nstandard error:\n%s…",
				line, err, &stdout, &stderr, step.status, step.stdout, step.stderr)
		}
	}
}
