package integration

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestLayers checks the dependencies between the layers: no protocol depends on
// another one or on a backend, package store depends on no database, nothing
// depends on the commands or on these tests, and only cmd/snomredirect depends on
// Prometheus. The tests here import only the package that starts etcd.
func TestLayers(t *testing.T) {
	// Prefixes of packages that a package must not depend on, even indirectly. Without
	// labstack there is no snomredirect/redirect.
	forbidden := map[string][]string{
		"snomredirect/store":                      {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/bolt":                 {"snomredirect/redirect", "snomredirect/sshconsole", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/bolt/pages":           {"snomredirect/", "go.etcd.io/"},
		"snomredirect/store/census":               {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/contacts":             {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/passwords":            {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/apikeys":              {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/store/etcd":                 {"snomredirect/redirect", "snomredirect/sshconsole", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/redirect":                   {"snomredirect/redirect/rds", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/gliderlabs/"},
		"snomredirect/redirect/files":             {"snomredirect/redirect/rds", "snomredirect/redirect/pnp", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/gliderlabs/"},
		"snomredirect/redirect/proof":             {"snomredirect/redirect", "snomredirect/sshconsole", "snomredirect/store", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/redirect/rds":               {"snomredirect/redirect", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/gliderlabs/"},
		"snomredirect/redirect/sraps":             {"snomredirect/redirect/rds", "snomredirect/redirect/pnp", "snomredirect/redirect/files", "snomredirect/redirect/scan", "snomredirect/redirect/settings", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/gliderlabs/"},
		"snomredirect/redirect/pnp":               {"snomredirect/redirect", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/redirect/check":             {"snomredirect/redirect/rds", "snomredirect/redirect/scan", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/redirect/files/template":    {"snomredirect/redirect/check", "snomredirect/redirect/rds", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/redirect/files/upload":      {"snomredirect/redirect/rds", "snomredirect/redirect/scan", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/redirect/scan":              {"snomredirect/redirect", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/apikeys":         {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/claims":          {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/contacts":        {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/status":          {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/explanation":     {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/files":           {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/extent":          {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/findings":        {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/sftp":            {"snomredirect/redirect", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/wording":         {"snomredirect/redirect", "snomredirect/sshconsole", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/entries":         {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/profiles":        {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/nodes":           {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole/jobs":            {"snomredirect/redirect", "snomredirect/sshconsole/shell", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/sshconsole":                 {"snomredirect/redirect", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/"},
		"snomredirect/sshconsole/shell":           {"snomredirect/redirect", "snomredirect/store/", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/cmd/snomphone":              {"snomredirect/store", "snomredirect/redirect/rds", "snomredirect/redirect/scan", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
		"snomredirect/integration":                {"snomredirect/"},
		"snomredirect/integration/bench":          {"snomredirect/"},
		"snomredirect/cmd/snomredirect/connlimit": {"snomredirect/store/", "snomredirect/redirect", "snomredirect/sshconsole", "go.etcd.io/", "github.com/labstack/", "github.com/gliderlabs/"},
	}
	// Prefixes of the only packages outside the standard library that a package may
	// depend on.
	only := map[string][]string{
		"snomredirect/macaddr":                   {},
		"snomredirect/redirect/boot":             {"snomredirect/macaddr", "snomredirect/redirect/boot/tftp", "snomredirect/redirect/settings", "golang.org/x/text/", "github.com/icholy/digest"},
		"snomredirect/redirect/outside":          {},
		"snomredirect/redirect/sraps/hawk":       {},
		"snomredirect/redirect/boot/tftp":        {},
		"snomredirect/redirect/boot/pnp":         {"snomredirect/macaddr", "github.com/emiago/sipgo/sip", "github.com/gobwas/", "github.com/google/uuid", "github.com/icholy/digest", "golang.org/x/net/", "golang.org/x/sync/", "golang.org/x/sys/"},
		"snomredirect/redirect/settings":         {"golang.org/x/text/"},
		"snomredirect/store/etcd/etcdtest":       {},
		"snomredirect/store/snapshot":            {},
		"snomredirect/sshconsole/lineedit":       {"golang.org/x/term", "golang.org/x/sys/"},
		"snomredirect/sshconsole/phonelist":      {"snomredirect/macaddr", "golang.org/x/text/"},
		"snomredirect/sshconsole/progress":       {"github.com/schollz/progressbar/", "github.com/rivo/uniseg", "github.com/mitchellh/colorstring", "golang.org/x/term", "golang.org/x/sys/"},
		"snomredirect/sshconsole/table":          {"snomredirect/macaddr", "snomredirect/sshconsole/usage", "snomredirect/sshconsole/lineedit", "github.com/hbollon/go-edlib", "github.com/spf13/pflag", "golang.org/x/term", "golang.org/x/sys/"},
		"snomredirect/sshconsole/usage":          {"github.com/hbollon/go-edlib", "snomredirect/sshconsole/lineedit", "github.com/spf13/pflag", "golang.org/x/term", "golang.org/x/sys/"},
		"snomredirect/cmd/snomredirect/lastcall": {"golang.org/x/net/bpf", "golang.org/x/sys/"},
		"snomredirect/cmd/snomredirect/lines":    {},
	}
	// Prefixes of packages that a package may depend on only through others: the
	// shell has nothing to do with SSH, but the keys of package store have.
	indirect := map[string][]string{
		"snomredirect/sshconsole/shell": {"golang.org/x/crypto/ssh"},
	}
	sources(t)
	seen := 0
	for _, p := range listPackages(t) {
		prefixes, known := forbidden[p.path]
		if known {
			seen++
		}
		prefixes = append(prefixes, "snomredirect/integration")
		if p.path != "snomredirect/cmd/snomredirect" { // which has packages of its own
			prefixes = append(prefixes, "snomredirect/cmd")
		}
		if p.path != "snomredirect/cmd/snomredirect" {
			prefixes = append(prefixes, "github.com/prometheus/")
		}
		allowed, restricted := only[p.path]
		if restricted {
			seen++
		}
		for _, dep := range p.deps {
			if dep != p.path && hasPrefix(dep, prefixes) || restricted && !isStandard(dep) && !hasPrefix(dep, allowed) {
				t.Errorf("%s depends on %s", p.path, dep)
			}
		}
		for _, imported := range p.tests {
			if p.path == "snomredirect/integration" && hasPrefix(imported, []string{"snomredirect/"}) && imported != "snomredirect/store/etcd/etcdtest" {
				t.Errorf("tests of %s import %s", p.path, imported)
			}
		}
		for _, imported := range p.imports {
			if hasPrefix(imported, indirect[p.path]) {
				t.Errorf("%s imports %s", p.path, imported)
			}
		}
	}
	if want := len(forbidden) + len(only); seen != want {
		t.Errorf("found %d of %d packages", seen, want)
	}
}

// A listedPackage is a package of this module.
type listedPackage struct {
	path    string
	imports []string
	deps    []string // direct and indirect
	tests   []string // what its tests import
}

func listPackages(t *testing.T) (all []listedPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}};{{join .Imports " "}};{{join .Deps " "}};{{join .TestImports " "}}`, "snomredirect/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(line, ";")
		all = append(all, listedPackage{fields[0], strings.Fields(fields[1]), strings.Fields(fields[2]), strings.Fields(fields[3])})
	}
	return all
}

func hasPrefix(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// isStandard reports whether path is in the standard library, including what it
// vendors: the first element has no dot.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first != "snomredirect" && !strings.Contains(first, ".")
}
