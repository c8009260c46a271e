package integration

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLayers checks the dependencies between the layers: no protocol depends on
// another one or on a backend, package store depends on no database, nothing
// depends on the commands or on these tests, and only cmd/snomredirect depends on
// Prometheus.
func TestLayers(t *testing.T) {
	forbidden := map[string][]string{
		"snomredirect/macaddr":           {"snomredirect/", "github.com/", "go.etcd.io/"},
		"snomredirect/redirect/settings": {"snomredirect/", "github.com/", "go.etcd.io/"},
		"snomredirect/store":             {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/bolt":        {"snomredirect/redirect", "snomredirect/sshconsole", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/contacts":    {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/passwords":   {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/redirect":          {"snomredirect/redirect/rds", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/gliderlabs/"},
		"snomredirect/redirect/rds":      {"snomredirect/redirect", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole":        {"snomredirect/redirect", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/"},
		"snomredirect/cmd/snomphone":     {"snomredirect/store", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/integration":       {"snomredirect/"},
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Deps}} {{.}}{{end}}`, "snomredirect/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg, deps := fields[0], fields[1:]
		prefixes, known := forbidden[pkg]
		if known {
			seen++
		}
		prefixes = append(prefixes, "snomredirect/cmd", "snomredirect/integration")
		if pkg != "snomredirect/cmd/snomredirect" {
			prefixes = append(prefixes, "github.com/prometheus/")
		}
		for _, dep := range deps {
			for _, prefix := range prefixes {
				if dep != pkg && strings.HasPrefix(dep, prefix) {
					t.Errorf("%s depends on %s", pkg, dep)
				}
			}
		}
	}
	if seen != len(forbidden) {
		t.Errorf("found %d of %d packages", seen, len(forbidden))
	}
}
