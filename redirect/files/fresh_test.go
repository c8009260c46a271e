package files

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/redirect/scan"
	"snomredirect/store"
)

// A lagging store lacks the tokens until it is fresh.
type lagging struct {
	*watched
	lacks bool
}

func (l *lagging) AccountOfToken(t string) (store.AccountID, error) {
	id, err := l.watched.AccountOfToken(t)
	if l.lacks {
		return 0, store.ErrNoFile
	}
	return id, err
}

// What was made elsewhere before the request is found: a token, a file, a template, a phone.
func TestFresh(t *testing.T) {
	m := newStore(t)
	l := &lagging{watched: m}
	config, outcomes, fetches := newTest(m)
	config.Store = l
	waits, arrives := 0, func() {}
	config.Fresh = func(ctx context.Context) {
		if ctx == nil {
			t.Error("no context")
		}
		waits++
		arrives()
	}
	h := New(config)
	for _, c := range []struct {
		path    string
		arrives func()
		text    string
		waits   int
	}{
		{"/360/general.xml", nil, `<?xml version="1.0"?><settings/>`, 0},
		{"/360/general.xml", func() { l.lacks = false }, `<?xml version="1.0"?><settings/>`, 1},
		{"/new.xml", func() { m.put(t, "new.xml", "new") }, "new", 1},
		{"/snom360-" + own + ".htm", func() { m.put(t, "snom360-"+own+".htm", "of the phone") }, "of the phone", 1},
		{"/more-" + own + ".xml", func() { m.put(t, "more.xml", "${name}") }, "Ann", 1},
		{"/360/" + nobodys + "/keys.xml", func() { m.register(t, nobodys) }, "specific of a phone of nobody", 1},
	} {
		waits, arrives = 0, c.arrives
		l.lacks = c.path == "/360/general.xml" && c.waits > 0
		*outcomes, *fetches = nil, nil
		w := get(h, "GET", "/"+m.token+c.path)
		if w.Code != 200 || w.Body.String() != c.text || waits != c.waits || !reflect.DeepEqual(*outcomes, []Outcome{Served}) {
			t.Errorf("%s: %d %q, %v after %d waits", c.path, w.Code, w.Body, *outcomes, waits)
		}
		for _, f := range *fetches {
			if f.Refused {
				t.Errorf("%s: %+v", c.path, f)
			}
		}
	}
}

// register registers a phone for the account.
func (w *watched) register(t testing.TB, mac string) {
	t.Helper()
	c := store.Change{MAC: macaddr.MustParse(mac)}
	if _, err := w.Change(store.Batch{Audit: store.Audit{Actor: w.account.ID}, Owner: w.account.ID, Rule: store.RuleRegister, Changes: []store.Change{c}}); err != nil {
		t.Fatal(err)
	}
}

// disable disables the account with its phones.
func (w *watched) disable(t testing.TB) {
	t.Helper()
	if _, err := w.UpdateAccount(store.Audit{}, false, w.account.ID, func(a *store.Account) error {
		a.Disabled, a.PhonesDisabled = true, true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// What is not there afterwards either is refused as ever, after one wait and twice the
// look-ups, whatever is missing. What nothing new can change waits for nothing.
func TestStillMissing(t *testing.T) {
	m := newStore(t)
	config, _, _ := newTest(m)
	waits := 0
	config.Fresh = func(context.Context) { waits++ }
	h := New(config)
	get(h, "GET", "/"+m.token+"/keys-"+own+".xml") // fills the cache
	want := get(h, "GET", "/"+unknown+"/none")
	check := func(path string, times int) {
		t.Helper()
		m.looked, waits = map[string]int{}, 0
		w := get(h, "GET", path)
		if w.Code != 404 || w.Body.String() != want.Body.String() || waits != times {
			t.Errorf("%s: %d %q after %d waits, want %d", path, w.Code, w.Body, waits, times)
		}
		n := times + 1
		if got := map[string]int{"token": n, "phone": n, "space": n, "file": 2 * n}; !reflect.DeepEqual(m.looked, got) {
			t.Errorf("%s: look-ups %v, want %v", path, m.looked, got)
		}
	}
	for _, path := range []string{unknown + "/none.htm", m.token + "/none.htm", m.token + "/snom360-" + own + ".htm", m.token + "/keys-" + rowless + ".xml", m.token + "/360/" + anothers + ".xml", m.token + "/360/" + nobodys + ".xml"} {
		check("/"+path, 1)
	}
	for _, path := range []string{"none.htm", "short/none.htm", m.token + "/phones.csv", unknown + "/phones.csv"} {
		check("/"+path, 0)
	}
	m.disable(t)
	check("/"+m.token+"/360/general.xml", 1)
	m.failing = errors.New("no disk")
	waits = 0
	if w := get(h, "GET", "/"+m.token+"/none.htm"); w.Code != 500 || waits != 0 {
		t.Errorf("a failing store: %d after %d waits", w.Code, waits)
	}
}

// A request that looks twice costs a client's budget once, and gets back what it was
// charged too much. A throttled one waits for nothing.
func TestFreshBudget(t *testing.T) {
	m := newStore(t)
	config, outcomes, _ := newTest(m)
	waits := 0
	config.Fresh = func(context.Context) { waits++ }
	var told []bool
	config.Remember = func(_ macaddr.Addr, _ netip.Addr, ofAccount bool) { told = append(told, ofAccount) }
	config.Scans = scan.New(scan.Config{Limit: 3, Refill: 24 * time.Hour, Knows: func(macaddr.Addr, store.Source) bool { return false }})
	t.Cleanup(config.Scans.Close)
	h := New(config)
	for range 10 { // a tenth of a miss each
		get(h, "GET", "/"+m.token+"/snom360-"+own+".htm")
	}
	for range 2 {
		get(h, "GET", "/"+m.token+"/360/"+nobodys+".xml")
	}
	if waits != 12 || len(told) != 12 || !told[9] || told[11] {
		t.Errorf("%d waits, told %v", waits, told)
	}
	*outcomes = nil
	get(h, "GET", "/"+m.token+"/360/"+nobodys+".xml")
	if (*outcomes)[0] != Throttled || waits != 12 {
		t.Errorf("%v after %d waits", *outcomes, waits)
	}
}
