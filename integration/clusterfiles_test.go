package integration

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestClusterFiles checks the files in the folder cluster as far as that is possible without
// Docker's images: docs/cluster.md runs the rest.
func TestClusterFiles(t *testing.T) {
	compose, err := os.ReadFile("cluster/docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("compose", func(t *testing.T) {
		if _, err := exec.LookPath("docker-compose"); err != nil {
			t.Skip("docker-compose is not installed")
		}
		config := exec.Command("docker-compose", "-f", "cluster/docker-compose.yml", "config", "-q")
		if out, err := config.CombinedOutput(); err == nil || !strings.Contains(string(out), "set it to a public key of the operator admin") {
			t.Errorf("without a key: %v\n%s", err, out)
		}
		config = exec.Command("docker-compose", "-f", "cluster/docker-compose.yml", "config", "-q")
		config.Env = append(os.Environ(), "SNOMREDIRECT_ADMIN_KEY=ssh-ed25519 AAAA you@example.com")
		if out, err := config.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("flags", func(t *testing.T) {
		out, err := exec.Command(program, "serve", "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		ports := []string{"SNOMREDIRECT_HTTP_PORT", "SNOMREDIRECT_SSH_PORT"} // Docker's
		known := append(regexp.MustCompile(`SNOMREDIRECT_[A-Z_]+`).FindAllString(string(out), -1), ports...)
		checkNames(t, string(compose), `SNOMREDIRECT_[A-Z0-9_]+`, known)
	})
	t.Run("etcd's flags", func(t *testing.T) {
		etcd := etcdProgram(t)
		out, err := exec.Command(etcd, "--help").CombinedOutput() // its status has changed between versions
		var known []string
		for _, m := range regexp.MustCompile(`(?m)^\s+--([a-z-]+)`).FindAllStringSubmatch(string(out), -1) {
			known = append(known, "ETCD_"+strings.ToUpper(strings.ReplaceAll(m[1], "-", "_")))
		}
		if len(known) == 0 {
			t.Fatalf("%v\n%s", err, out)
		}
		checkNames(t, string(compose), `\bETCD_[A-Z_]+`, known)
		module, err := os.ReadFile("etcd/go.mod")
		if err != nil {
			t.Fatal(err)
		}
		version := regexp.MustCompile(`gcr\.io/etcd-development/etcd:(v\S+)`).FindStringSubmatch(string(compose))
		if version == nil || !strings.Contains(string(module), "go.etcd.io/etcd/server/v3 "+version[1]+" ") {
			t.Errorf("the image of etcd is %q, which is not the version of etcd/go.mod", version)
		}
	})
	t.Run("haproxy", func(t *testing.T) {
		if _, err := exec.LookPath("haproxy"); err != nil {
			t.Skip("haproxy is not installed")
		}
		check := exec.Command("haproxy", "-c", "-f", "cluster/haproxy.cfg")
		for _, m := range regexp.MustCompile(`(?m)^      (PHONES|CONSOLE|NODE\w+): "?([^"\n]+)`).FindAllStringSubmatch(string(compose), -1) {
			check.Env = append(check.Env, m[1]+"="+m[2])
		}
		if out, err := check.CombinedOutput(); err != nil || len(check.Env) != 8 {
			t.Errorf("with %q: %v\n%s", check.Env, err, out)
		}
	})
}

// checkNames checks that text has names, and only known ones.
func checkNames(t *testing.T, text, pattern string, known []string) {
	t.Helper()
	names := regexp.MustCompile(pattern).FindAllString(text, -1)
	if len(names) == 0 {
		t.Error("no names")
	}
	isKnown := map[string]bool{}
	for _, name := range known {
		isKnown[name] = true
	}
	for _, name := range names {
		if !isKnown[name] {
			t.Errorf("there is no %s", name)
		}
	}
}

// etcdProgram returns etcd's program, built.
func etcdProgram(t *testing.T) string {
	t.Helper()
	tool := exec.Command("go", "tool", "-n", "go.etcd.io/etcd/server/v3")
	tool.Dir = "etcd"
	out, err := tool.Output()
	if err != nil {
		t.Skipf("etcd can't be built, for which its modules must be downloaded once: %v", err)
	}
	return strings.TrimSpace(string(out))
}
