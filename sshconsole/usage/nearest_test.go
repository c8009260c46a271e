package usage

import "testing"

func FuzzNearest(f *testing.F) {
	f.Add("unregister", "DEREGISTER")
	f.Add("größe", "SHOW")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 100 || len(b) > 100 {
			return
		}
		if d := distance(a, b); d != distance(b, a) || d > max(len(a), len(b)) || (d == 0) != (a == b) {
			t.Fatalf("%q and %q: %d", a, b, d)
		}
		Nearest(a, []string{b})
	})
}
