package files

import (
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
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

// What is filled in is as new as the newer one of the template and phones.csv.
func TestVersionOfFilled(t *testing.T) {
	m := newStore(t)
	c, _, _ := newTest(m)
	h := &handler{Config: c, cache: newCache(), inFlight: inFlight{accounts: map[store.AccountID]*flight{}}}
	space, err := m.DB.FileSpace(m.account.ID)
	if err != nil {
		t.Fatal(err)
	}
	uploaded := time.Unix(1000, 0).UTC()
	for _, later := range []time.Duration{-time.Minute, 0, time.Minute} {
		mac := macaddr.MustParse(own)
		h.cache.put(place{m.account.ID, store.PhonesFile}, &content{revision: space.Revision, token: space.Token,
			file: store.File{Name: store.PhonesFile, At: uploaded.Add(later)}, rows: Rows{mac: {"name": "Ann"}}})
		x := &exchange{request: request{mac: mac, name: "keys-" + own + ".xml"}, account: m.account.ID}
		x.Context = echo.New().NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder())
		filled, err := h.fill(x, space, &content{template: text("${name}"), file: store.File{At: uploaded}})
		if err != nil || filled == nil || !x.version.Equal(uploaded.Add(max(later, 0))) || !filled.modified.Equal(x.version) {
			t.Errorf("%v: %v, %v, %v", later, filled, err, x.version)
		}
	}
}
