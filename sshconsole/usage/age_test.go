package usage

import "testing"

func FuzzParseAge(f *testing.F) {
	for _, s := range []string{"7d", "1w", "36h", "90m", "1h30m", "0d", "99999999999999d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if age, ok := ParseAge(s); ok != (age > 0) && ok {
			t.Errorf("%q is %v", s, age)
		}
	})
}
