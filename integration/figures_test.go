package integration

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each command that the tables of figures name runs a test or a benchmark.
func TestFiguresPage(t *testing.T) {
	page, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, figures, ok := strings.Cut(string(page), "\n## Capacity\n")
	if !ok {
		t.Fatal("operating.md has no section Capacity")
	}
	command := regexp.MustCompile("`(?:\\w+=\\w+ )?go test (-run '[^']*'(?: -bench \\w+)?) (?:-v )?\\./([^ `]+)[^`]*`")
	found := 0
	for line := range strings.Lines(figures) {
		if !strings.Contains(line, "`go test") && !strings.Contains(line, " go test") {
			continue
		}
		m := command.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "|") {
				t.Errorf("no command in %s", line)
			}
			continue
		}
		found++
		kind, pattern := "Test", strings.TrimSuffix(strings.TrimPrefix(m[1], "-run '"), "'")
		if _, bench, ok := strings.Cut(m[1], " -bench "); ok {
			kind, pattern = "Benchmark", bench
		}
		if !hasFunction(t, m[2], kind, strings.ReplaceAll(pattern, `\|`, "|")) {
			t.Errorf("%s has no %s that matches %s", m[2], kind, pattern)
		}
	}
	if found < 10 {
		t.Errorf("%d commands were read", found)
	}
}

// hasFunction reports whether a package, or one below it if it ends in "/...", has a test
// or benchmark whose name matches.
func hasFunction(t *testing.T, pkg, kind, pattern string) (has bool) {
	t.Helper()
	name, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	function := regexp.MustCompile(`(?m)^func (` + kind + `\w+)\(`)
	err = filepath.WalkDir(filepath.Join("..", strings.TrimSuffix(pkg, "/...")), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(code, -1) {
			has = has || name.Match(m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return has
}
