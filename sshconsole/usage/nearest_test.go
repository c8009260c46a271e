package usage

import (
	"strings"
	"testing"
)

// Nearest returns one of the candidates or none, and a candidate itself if it is typed.
func FuzzNearest(f *testing.F) {
	f.Add("unregister", "DEREGISTER")
	f.Add("größe", "SHOW")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 100 || len(b) > 100 {
			return
		}
		if got := Nearest(a, []string{b}); got != "" && got != b {
			t.Errorf("%q of %q: %q", a, b, got)
		}
		typed := len(strings.ToUpper(b))
		if got := Nearest(b, []string{b}); b != "-" && typed >= 2 && typed <= 40 && got != b {
			t.Errorf("%q: %q", b, got)
		}
	})
}
