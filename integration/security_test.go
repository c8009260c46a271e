package integration

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each promise of the page about security names the tests and stories that keep it.
func TestSecurityPage(t *testing.T) {
	page, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err = filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(code, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	promises := 0
	quoted := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "|") || len(cells) != 2 || strings.TrimSpace(cells[1]) == "tests" {
			continue
		}
		promises++
		names := quoted.FindAllStringSubmatch(cells[1], -1)
		if len(names) == 0 {
			t.Errorf("no test keeps: %s", cells[0])
		}
		for _, m := range names {
			_, err := os.Stat(filepath.Join("testdata", m[1]+".txtar"))
			if !tests[m[1]] && err != nil {
				t.Errorf("there is neither a test nor a story %s", m[1])
			}
		}
	}
	if promises < 15 {
		t.Errorf("%d promises were read", promises)
	}
}
