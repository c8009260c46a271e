package entries

import (
	"testing"

	"snomredirect/store"
)

// Entries of different accounts, with different other accounts or from different
// sides of a transfer are not of the same command.
func TestSameCommand(t *testing.T) {
	a := store.Entry{Account: 1, Other: "x"}
	for _, b := range []store.Entry{{Account: 2, Other: "x"}, {Account: 1, Other: "y"}, {Account: 1, Other: "x", Away: true}} {
		if sameCommand(a, b) {
			t.Errorf("%+v", b)
		}
	}
	if !sameCommand(a, a) {
		t.Error("an entry differs from itself")
	}
}
