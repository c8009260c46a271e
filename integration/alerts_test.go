package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The alerts name metrics and labels that the service has.
func TestAlertsNameMetrics(t *testing.T) {
	rules, err := os.ReadFile("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`snomredirect_\w+`).FindAllString(string(rules), -1)
	if len(names) < 8 {
		t.Errorf("metrics in alerts.yml: %q", names)
	}
	for _, name := range names {
		if !strings.Contains(string(page), "\n# HELP "+name+" ") {
			t.Errorf("alerts.yml names %s, which the service does not have", name)
		}
	}
}

// Prometheus understands the alerts, and they fire when they should.
func TestAlerts(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed: it is in Debian's package prometheus")
	}
	folder := t.TempDir()
	for from, to := range map[string]string{"alerts.yml": "alerts.yml", "testdata/alerts-test.yml": "test.yml"} {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, to), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "test.yml"}} {
		c := exec.Command("promtool", args...)
		c.Dir = folder
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
