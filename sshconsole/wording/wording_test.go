package wording

import (
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	at := time.Date(2026, 1, 2, 13, 4, 5, 999, time.FixedZone("", 3600))
	if people, programs := Timestamp(at), MachineTime(at); people != "2026-01-02 12:04:05 UTC" || programs != "2026-01-02T12:04:05Z" {
		t.Errorf("%q, %q", people, programs)
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0 phones", 1: "1 phone", 2: "2 phones"} {
		if got := Plural(n, "phone", "phones"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
