package integration

import (
	"os/exec"
	"strings"
	"testing"
)

// Every arrow of the house points down: doors know no other door and no
// backend, the vocabulary knows no database, nothing knows the wiring or these
// stories, and only the wiring knows who counts.
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
		t.Errorf("%d of %d packages were found", seen, len(forbidden))
	}
}
