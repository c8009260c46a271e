package integration

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	dockerUser   = "65532"
	dockerGrace  = 15 * time.Second                           // stop_grace_period
	dockerQuick  = time.Minute                                // limit for most commands
	dockerSlow   = 5 * time.Minute                            // limit for commands that build or download
	dockerCommit = "86ea66715a081b8d45839fa2359a0bca7efc15eb" // any
	dockerServer = "http://prov.example.com/snom.php"
)

// TestDockerCompose builds and runs the repository's Dockerfile and
// docker-compose.yml, and uses the service as an operator and a phone.
func TestDockerCompose(t *testing.T) {
	d := dockerStart(t)
	dockerRun(t, dockerSlow, d.compose("build", d.buildArgs...))
	d.up(t)
	d.checkContainer(t)
	if got := dockerRun(t, dockerQuick, d.compose("exec", "-T", "snomredirect", "/snomredirect", "version")); !strings.Contains(got, " "+dockerCommit+" go") {
		t.Errorf("version: %q, want the commit that was given to the build", got)
	}
	d.checkPhone(t, "<phone-settings>\n</phone-settings>")
	operator := d.login(t, func(_ string, _ net.Addr, key ssh.PublicKey) error { d.hostKey = key; return nil })
	if out, err := dockerSay(operator, "ACCOUNT ADD loop http://redirect.example.com/"); err == nil {
		t.Errorf("accepted a setting server with the host SNOMREDIRECT_PUBLIC_NAME: %s", out)
	}
	for _, line := range []string{"ACCOUNT ADD acme " + dockerServer, "REGISTER 0004132202E4 --account acme"} {
		if out, err := dockerSay(operator, line); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	redirected := `<setting_server perm="$">` + dockerServer + `</setting_server>`
	d.checkPhone(t, redirected)
	d.checkMetrics(t)
	dockerRun(t, dockerQuick, d.compose("--profile", "pnp", "config", "-q"))
	d.checkStop(t) // with the operator still connected

	// After down only the volume remains: host key, admin's key, account, phone.
	dockerRun(t, dockerQuick, d.compose("down"))
	d.env = append(d.env, "SNOMREDIRECT_ADMIN_KEY=", "SNOMREDIRECT_PUBLIC_NAME=")
	before := d.container
	d.up(t)
	if d.container == before {
		t.Error("down left the container")
	}
	d.checkPhone(t, redirected)
	operator = d.login(t, ssh.FixedHostKey(d.hostKey))
	if out, err := dockerSay(operator, "LIST"); err != nil || out != "0004132202E4\n" {
		t.Errorf("LIST after down and up: got %q, %v", out, err)
	}
	d.checkStop(t)
}

// A dockerProject is a run of docker-compose.yml under its own project name.
type dockerProject struct {
	command   []string // docker compose or docker-compose, with options
	env       []string
	buildArgs []string
	// addresses
	http, ssh, metrics string
	key                ssh.Signer
	hostKey            ssh.PublicKey
	container          string
}

// dockerStart prepares a project, or skips the test if Docker is missing. Everything
// of the project is removed when the test ends.
func dockerStart(t *testing.T) *dockerProject {
	if os.Getenv("SNOMREDIRECT_TEST_DOCKER") != "1" || testing.Short() {
		t.Skip("set SNOMREDIRECT_TEST_DOCKER=1, without -short, to build and run the Docker image")
	}
	if _, err := dockerTry(dockerQuick, exec.Command("docker", "info")); err != nil {
		t.Skipf("needs Docker: install it, start its daemon and give this user access to it: %v", err)
	}
	command := []string{"docker", "compose"}
	if exec.Command("docker", "compose", "version").Run() != nil {
		command = []string{"docker-compose"}
		if err := exec.Command("docker-compose", "version").Run(); err != nil {
			t.Skipf("needs Docker Compose: install docker compose or docker-compose: %v", err)
		}
	}
	name := "snomredirect-test-" + strings.ToLower(rand.Text()[:8])
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	d := &dockerProject{command: append(command, "-p", name, "-f", "../docker-compose.yml"), key: key}
	for _, address := range []*string{&d.http, &d.ssh, &d.metrics} {
		l, err := net.Listen("tcp", "127.0.0.1:0") // a free port, for Docker to use
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		*address = l.Addr().String()
	}
	d.env = append(os.Environ(), "SNOMREDIRECT_HTTP_PORT="+d.http, "SNOMREDIRECT_SSH_PORT="+d.ssh,
		"SNOMREDIRECT_REVISION="+dockerCommit, "SNOMREDIRECT_METRICS=:8081", "SNOMREDIRECT_METRICS_PORT="+d.metrics,
		"SNOMREDIRECT_ADMIN_KEY="+string(ssh.MarshalAuthorizedKey(key.PublicKey())), "SNOMREDIRECT_PUBLIC_NAME=redirect.example.com")
	d.buildArgs = dockerBuildArgs(t, name)
	t.Cleanup(func() {
		if t.Failed() {
			logs, err := dockerTry(dockerQuick, d.compose("logs", "--no-color"))
			t.Logf("logs: %v\n%s", err, logs)
		}
		dockerRun(t, dockerQuick, d.compose("down", "--volumes", "--rmi", "local"))
	})
	return d
}

func (d *dockerProject) compose(command string, args ...string) *exec.Cmd {
	cmd := exec.Command(d.command[0], slices.Concat(d.command[1:], []string{command}, args)...)
	cmd.Env = d.env
	return cmd
}

// up starts the service and waits until Docker reports it healthy.
func (d *dockerProject) up(t *testing.T) {
	t.Helper()
	dockerRun(t, dockerQuick, d.compose("up", "-d", "--no-build"))
	d.container = dockerRun(t, dockerQuick, d.compose("ps", "-q", "snomredirect"))
	for deadline := time.Now().Add(dockerQuick); ; time.Sleep(200 * time.Millisecond) {
		switch state := d.inspect(t, "{{.State.Status}} {{.State.Health.Status}}"); {
		case state == "running healthy":
			return
		case state != "running starting" || time.Now().After(deadline):
			t.Fatalf("the container is %s: %s", state, d.inspect(t, "{{json .State.Health.Log}}"))
		}
	}
}

func (d *dockerProject) inspect(t *testing.T, format string) string {
	t.Helper()
	return dockerRun(t, dockerQuick, exec.Command("docker", "inspect", "-f", format, d.container))
}

// checkContainer checks that the container has no more privileges than it needs.
func (d *dockerProject) checkContainer(t *testing.T) {
	t.Helper()
	const want = dockerUser + ":" + dockerUser + " true [ALL] [no-new-privileges:true]"
	if got := d.inspect(t, "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"); got != want {
		t.Errorf("user, read-only, capabilities dropped, security: got %s, want %s", got, want)
	}
	processes := strings.Fields(dockerRun(t, dockerQuick, exec.Command("docker", "top", d.container, "-o", "pid,uid")))
	if len(processes) != 4 || processes[3] == "0" { // a header and one process
		t.Errorf("processes: got %q, want one that does not run as root", processes)
	}
	archive := dockerRun(t, dockerQuick, exec.Command("docker", "cp", d.container+":/data", "-"))
	data, err := tar.NewReader(strings.NewReader(archive)).Next()
	if err != nil {
		t.Fatal(err)
	}
	if owner, mode := fmt.Sprint(data.Uid), data.FileInfo().Mode(); owner != dockerUser || mode != fs.ModeDir|0o700 {
		t.Errorf("/data: got %v of user %s, want drwx------ of %s", mode, owner, dockerUser)
	}
}

// checkPhone requests settings as a phone.
func (d *dockerProject) checkPhone(t *testing.T, want string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+d.http+"/snom360/snom360.php?mac=0004132202E4", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("User-Agent", "Mozilla/4.0 (compatible; snom360-SIP 7.3.14 1.1.3-s)")
	response, err := (&http.Client{Timeout: dockerQuick}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
		t.Errorf("phone: got %s, %v\n%s\nwant %s", response.Status, err, body, want)
	}
}

// checkMetrics scrapes the metrics, which are on because two variables say so.
func (d *dockerProject) checkMetrics(t *testing.T) {
	t.Helper()
	response, err := (&http.Client{Timeout: dockerQuick}).Get("http://" + d.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), "\nsnomredirect_phones 1\n") {
		t.Errorf("metrics: got %s, %v\n%s", response.Status, err, body)
	}
}

// login opens a connection as the operator admin. It is closed when the test ends.
func (d *dockerProject) login(t *testing.T, hostKey ssh.HostKeyCallback) *ssh.Client {
	t.Helper()
	client, err := ssh.Dial("tcp", d.ssh, &ssh.ClientConfig{User: "admin", Auth: []ssh.AuthMethod{ssh.PublicKeys(d.key)}, HostKeyCallback: hostKey, Timeout: dockerQuick})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(dockerQuick, func() { client.Close() }) // limits the time of all its commands
	t.Cleanup(func() { client.Close() })
	return client
}

func dockerSay(operator *ssh.Client, line string) (string, error) {
	session, err := operator.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	out, err := session.CombinedOutput(line)
	return string(out), err
}

// checkStop stops the service and checks that it exits on its own.
func (d *dockerProject) checkStop(t *testing.T) {
	t.Helper()
	start := time.Now()
	dockerRun(t, dockerQuick, d.compose("stop"))
	if took := time.Since(start); took >= dockerGrace {
		t.Errorf("stop took %v, want less than %v", took, dockerGrace)
	}
	if got := d.inspect(t, "{{.State.Status}} {{.State.ExitCode}}"); got != "exited 0" {
		t.Errorf("after stop the container is %s, want exited 0", got)
	}
}

// dockerTry runs a command and returns its standard output without the final line
// break. The error contains its standard error.
func dockerTry(limit time.Duration, cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return "", err
	}
	timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !timer.Stop() {
		err = fmt.Errorf("killed after %v", limit)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	return strings.TrimSuffix(stdout.String(), "\n"), err
}

func dockerRun(t *testing.T, limit time.Duration, cmd *exec.Cmd) string {
	t.Helper()
	out, err := dockerTry(limit, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
