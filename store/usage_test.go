package store

import (
	"strconv"
	"strings"
	"testing"
)

func FuzzParseQuota(f *testing.F) {
	for _, s := range []string{"default", "DEFAULT", "1", "20000", "1000000000", "1000000001", "0", "-1", "+5", "1.5", "1e3", "", " 7", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseQuota(s)
		switch {
		case err != nil && n != 0:
			t.Errorf("%q: %d and %v", s, n, err)
		case err == nil && n == 0 && !strings.EqualFold(s, "default"):
			t.Errorf("%q is the default", s)
		case n < 0 || n > MaxQuota:
			t.Errorf("%q: %d", s, n)
		case n > 0:
			if again, err := ParseQuota(strconv.Itoa(n)); again != n || err != nil {
				t.Errorf("%q: %d, and again %d, %v", s, n, again, err)
			}
		}
	})
}
