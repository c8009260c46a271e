package shell

import (
	"testing"
)

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		line     string
		operates bool
		want     string
	}{
		{"s", false, "s"}, // show and server
		{"SH", false, "SHOW "},
		{"sh", false, "show "},
		{"r", false, "re"},
		{"regi", false, "register "},
		{"", false, ""},
		{"x", false, "x"},
		{"acc", false, "acc"},
		{"acc", true, "account "},
		{"account ", true, "account "},
		{"account ro", true, "account role "},
		{"ACCOUNT RO", true, "ACCOUNT ROLE "},
		{"account key acme r", true, "account key acme remove "},
		{"account key acme remove ", true, "account key acme remove "},
		{"show 2", false, "show 2"},
	} {
		if got, pos := Complete(c.line, len(c.line), c.operates); got != c.want || pos != len(c.want) {
			t.Errorf("%q completes to %q, %d; want %q", c.line, got, pos, c.want)
		}
	}
	if got, pos := Complete("sh 2e4", 2, false); got != "show  2e4" || pos != 5 {
		t.Errorf("in the middle: %q, %d", got, pos)
	}
}
