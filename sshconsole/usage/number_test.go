package usage

import (
	"strconv"
	"testing"
)

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1", "20", "0", "-1", "+5", "1001", "99999999999999999999", "x", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s, 1000)
		want, wantErr := strconv.Atoi(s)
		if valid := wantErr == nil && want >= 1 && want <= 1000; valid != (err == nil) || valid && n != want {
			t.Errorf("%q: %d, %v", s, n, err)
		}
	})
}
