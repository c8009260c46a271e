//go:build linux

package integration

import (
	"strings"
	"testing"
)

// lanFile returns the file of docs/lan.md whose first line names it, in /etc/dnsmasq.d.
func lanFile(t *testing.T, name string) string {
	t.Helper()
	for _, c := range readPage(t, "../docs/lan.md") {
		if first, rest, _ := strings.Cut(c.text, "\n"); c.kind == "conf" && first == "# /etc/dnsmasq.d/"+name {
			return rest
		}
	}
	t.Fatalf("docs/lan.md has no file %s", name)
	return ""
}

// lanText returns the text of docs/lan.md that begins with these words, without them.
func lanText(t *testing.T, words string) string {
	t.Helper()
	for _, c := range readPage(t, "../docs/lan.md") {
		if rest, begins := strings.CutPrefix(c.text, words); c.kind == "text" && begins {
			return strings.TrimSpace(rest)
		}
	}
	t.Fatalf("docs/lan.md has no text %s", words)
	return ""
}
