package redirect

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

// At debug there is one line for each request, answered or not: with its path, its
// User-Agent, its address and why it was refused. At info there is none.
func TestEachRequestIsLogged(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, c := range []struct {
		method, path, agent string
		want                map[string]string // "-" for an attribute that is missing
	}{
		{"GET", "/snom360/snom360.php?mac=" + registered, newPhone, map[string]string{"mac": registered, "outcome": "redirected", "path": "/snom360/snom360.php?mac=" + registered, "user_agent": newPhone, "because": "-"}},
		{"GET", "/snom190/snom190.htm", "", map[string]string{"mac": "-", "model": "snom190", "outcome": "no_mac", "path": "/snom190/snom190.htm"}},
		{"GET", "/.htm-" + registered, "old snom", map[string]string{"mac": registered, "outcome": "not_found", "path": "/.htm-" + registered, "user_agent": "old snom", "because": string(errNoFile)}},
		{"GET", "/snom360/snom360.php?mac=%7Bmac%7D", newPhone, map[string]string{"mac": "-", "model": "snom360", "outcome": "malformed", "path": "/snom360/snom360.php?mac=%7Bmac%7D", "user_agent": newPhone, "because": "mac: expected twelve hex digits, such as 0004132202E4 or 00:04:13:22:02:E4"}},
		{"GET", "/snom360/snom370.php", newPhone, map[string]string{"outcome": "not_found", "because": string(errOtherFolder)}},
		{"PUT", "/snom360.php", newPhone, map[string]string{"method": "PUT", "outcome": "method_not_allowed", "because": "method not allowed: expected GET or HEAD"}},
		{"GET", "/" + long, long, map[string]string{"outcome": "not_found", "path": "/" + long[:199] + "...", "user_agent": long[:200] + "..."}},
		{"GET", "/" + long + ".php?mac=" + registered, "", map[string]string{"outcome": "redirected", "model": long[:200] + "..."}},
	} {
		for level, lines := range map[slog.Level]int{slog.LevelInfo: 0, slog.LevelDebug: 1} {
			var log bytes.Buffer
			base := serve(t, Config{Finder: finder(t), Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: level}))})
			ask(t, c.method, base+c.path, c.agent)
			if got := strings.Count(log.String(), "\n"); got != lines {
				t.Errorf("%s %.40s: %d lines at %v, want %d:\n%s", c.method, c.path, got, level, lines, &log)
				continue
			}
			if lines == 0 {
				continue
			}
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if from, _ := line["from"].(string); line["msg"] != "phone" || !strings.HasPrefix(from, "127.0.0.1:") {
				t.Errorf("%s %.40s: %s", c.method, c.path, &log)
			}
			for name, want := range c.want {
				got, ok := line[name].(string)
				if !ok {
					got = "-"
				}
				if got != want {
					t.Errorf("%s %.40s: %s is %q, want %q", c.method, c.path, name, got, want)
				}
			}
		}
	}
}
