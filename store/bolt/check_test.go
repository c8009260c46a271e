package bolt

import "testing"

func TestTry(t *testing.T) {
	for _, n := range []string{"1", "2", "3", "4"} {
		r, err := Check("/tmp/old/run/d" + n + "/snomredirect.db")
		t.Logf("%+v %v", r, err)
	}
}
