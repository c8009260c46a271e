package redirect

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/redirect/scan"
	"snomredirect/redirect/settings"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
)

// A watchedFinder remembers which MACs were looked up.
type watchedFinder struct {
	Finder
	looked []macaddr.Addr
}

func (f *watchedFinder) Redirection(mac macaddr.Addr) (store.Redirection, error) {
	f.looked = append(f.looked, mac)
	return f.Finder.Redirection(mac)
}

// newLimiter returns a Limiter of so many misses a day, and what it learns from.
func newLimiter(t testing.TB, misses int) (*scan.Limiter, *contacts.Recorder) {
	t.Helper()
	stored, err := bolt.OpenContacts(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := contacts.New(contacts.Config{Store: stored})
	l := scan.New(scan.Config{Limit: misses, Refill: 24 * time.Hour, Knows: r.Knows})
	t.Cleanup(func() { l.Close(); r.Close(); stored.Close() })
	return l, r
}

// get requests a path from an address, without a connection.
func get(h http.Handler, from, path, userAgent string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr = from + ":1234"
	r.Header.Set("User-Agent", userAgent)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A throttled source gets for every MAC that it is not known to have what an
// unregistered phone gets, to the byte, and nothing is looked up by that MAC. Its own
// phones are answered.
func TestThrottled(t *testing.T) {
	limiter, recorder := newLimiter(t, 5)
	f := &watchedFinder{Finder: finder(t)}
	var outcomes []Outcome
	recorded := 0
	h := New(Config{Finder: f, Scans: limiter, Observe: func(o Observation) { outcomes = append(outcomes, o.Outcome) }, OnContact: func(c store.Contact) {
		recorded++
		recorder.Record(c)
	}})
	const site, scanner = "192.0.2.1", "198.51.100.1"
	path := func(mac string) string { return "/snom360/snom360.php?mac=" + mac }
	get(h, site, path(registered), newPhone)
	unregistered := get(h, site, path(nobodys), newPhone)
	for n := range 5 {
		get(h, scanner, path(fmt.Sprintf("0004133%05X", n)), newPhone)
	}
	f.looked, outcomes, recorded = nil, nil, 0
	for _, mac := range []string{registered, nobodys, pointsBack, registered} {
		if w := get(h, scanner, path(mac), newPhone); w.Code != 200 || w.Body.String() != unregistered.Body.String() || !reflect.DeepEqual(w.Header(), unregistered.Header()) {
			t.Errorf("%s: %d %v\n%s", mac, w.Code, w.Header(), w.Body)
		}
	}
	for _, mac := range f.looked {
		if mac != anyMAC {
			t.Errorf("%v was looked up", mac)
		}
	}
	if len(f.looked) != 4 || recorded != 0 || !reflect.DeepEqual(outcomes, []Outcome{Throttled, Throttled, Throttled, Throttled}) {
		t.Errorf("%d look-ups, %d contacts, outcomes %v", len(f.looked), recorded, outcomes)
	}
	if c, err := recorder.Contact(macaddr.MustParse(registered)); err != nil || c.From.String() != site || c.Owner == 0 {
		t.Errorf("%+v, %v", c, err)
	}
	get(h, scanner, path("000413300003"), newPhone)
	for range 9 {
		get(h, site, path(registered), newPhone)
	}
	if n := len(outcomes); outcomes[4] != Unregistered || outcomes[n-1] != Redirected {
		t.Errorf("known phones: %v", outcomes[4:])
	}
}

// A hit is a tenth of a miss, and a User-Agent with another MAC a whole one, however
// often and whatever is known.
func TestPrices(t *testing.T) {
	limiter, recorder := newLimiter(t, 3)
	names, err := store.NewPublicNames("prov.house.example")
	if err != nil {
		t.Fatal(err)
	}
	var last Outcome
	h := New(Config{Finder: finder(t), PublicNames: names, Scans: limiter, OnContact: recorder.Record, Observe: func(o Observation) { last = o.Outcome }})
	other := "Mozilla/4.0 (compatible; snomD345-SIP 10.1.33.33 x " + nobodys + ")"
	for _, c := range []struct {
		mac, agent string
		want       Outcome
	}{
		{registered, newPhone, Redirected}, // 2.9 left
		{pointsBack, newPhone, PointsBack}, // 2.8
		{registered, newPhone, Redirected},
		{registered, other, Redirected}, // 1.8
		{registered, other, Redirected}, // 0.8
		{registered, other, Throttled},
		{nobodys, newPhone, Throttled},
		{registered, newPhone, Redirected},
	} {
		if get(h, "192.0.2.1", "/snomD345.php?mac="+c.mac, c.agent); last != c.want {
			t.Errorf("%s as %q: %s, want %s", c.mac, c.agent, last, c.want)
		}
	}
	explain := Explainer(Config{Finder: finder(t), Scans: limiter})
	for range 9 {
		if e := explain("/snom360.php?mac="+registered, newPhone); string(e.Body) != file(settings.XML, server) {
			t.Errorf("%+v", e)
		}
	}
}

// A certificate that proves the MAC makes a request free, and another phone's a miss.
func TestPriceOfCertificates(t *testing.T) {
	root := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	limiter, _ := newLimiter(t, 2) // which learns nothing
	observations := make(chan Observation, 1)
	s := serveTLS(t, Config{Finder: finder(t), PhoneAuthorities: pool, Scans: limiter, Observe: func(o Observation) { observations <- o }})
	mine, other := root.issue(t, registered, nil, nil), root.issue(t, nobodys, nil, nil)
	for i, c := range []struct {
		by   *issuer
		want Outcome
	}{{mine, Redirected}, {mine, Redirected}, {other, OtherCertificate}, {other, OtherCertificate}, {other, Throttled}, {mine, Redirected}} {
		c.by.get(t, s, 0, "/snom360.php?mac="+registered)
		if o := <-observations; o.Outcome != c.want {
			t.Errorf("%d: %s, want %s", i, o.Outcome, c.want)
		}
	}
}

// However much a source requests, the contacts of others' unregistered phones stay in
// the recorder's table.
func TestShareOfTable(t *testing.T) {
	limiter, recorder := newLimiter(t, 200)
	h := New(Config{Finder: finder(t), Scans: limiter, OnContact: recorder.Record})
	get(h, "192.0.2.1", "/snom360.php?mac="+nobodys, newPhone)
	for n := range 1<<16 + 1000 {
		get(h, "198.51.100.1", fmt.Sprintf("/snom360.php?mac=0004133%05X", n), newPhone)
	}
	if c, err := recorder.Contact(macaddr.MustParse(nobodys)); err != nil || c.From.String() != "192.0.2.1" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := recorder.Contact(macaddr.MustParse("000413310000")); err == nil {
		t.Errorf("recorded: %+v", c)
	}
}
