package files

import (
	"reflect"
	"testing"
	"time"

	"snomredirect/store"
)

// A fetch is recorded, also one that is refused, but not that a phone has no file of its
// own beside a general one: each boot requests both.
func TestFetches(t *testing.T) {
	m := newStore(t)
	c, _, fetches := newTest(m)
	h := New(c)
	for _, f := range []struct {
		path string
		want []store.Fetch
	}{
		{"360/" + own + ".xml", []store.Fetch{{Name: store.FileName("360/" + own + ".xml")}}},
		{"keys-" + own + ".xml", []store.Fetch{{Name: store.FileName("keys-" + own + ".xml")}}},
		{"snom360-" + own + ".htm", nil},
		{"none-" + own + ".htm", []store.Fetch{{Name: store.FileName("none-" + own + ".htm"), Refused: true}}},
		{"keys-" + rowless + ".xml", []store.Fetch{{Name: store.FileName("keys-" + rowless + ".xml"), Refused: true}}},
		{"snom360.htm", nil}, // of no phone
	} {
		*fetches = nil
		get(h, "GET", "/"+m.token+"/"+f.path)
		for i := range *fetches {
			if !(*fetches)[i].Refused && (*fetches)[i].Version.IsZero() {
				t.Errorf("%s: no version", f.path)
			}
			(*fetches)[i].At, (*fetches)[i].Version = time.Time{}, time.Time{}
		}
		if !reflect.DeepEqual(*fetches, f.want) {
			t.Errorf("%s: %+v, want %+v", f.path, *fetches, f.want)
		}
	}
}
