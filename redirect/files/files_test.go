package files

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const (
	unknown = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

	own      = "000413231234" // a phone of the account, with a row
	rowless  = "000413231235" // one without
	anothers = "000413231236"
	nobodys  = "000413231237"
	held     = "000413231238" // on hold for the account
)

// A watched is a real store with the files of an account. It counts look-ups.
type watched struct {
	*bolt.DB
	account    store.Account
	token, old string
	uploaded   time.Time // about when
	failing    error

	mu     sync.Mutex
	looked map[string]int
	last   macaddr.Addr // the phone that was looked up last
}

func (w *watched) look(what string) { w.mu.Lock(); defer w.mu.Unlock(); w.looked[what]++ }

func (w *watched) AccountOfToken(t string) (store.AccountID, error) {
	w.look("token")
	if w.failing != nil {
		return 0, w.failing
	}
	return w.DB.AccountOfToken(t)
}

func (w *watched) FileSpace(a store.AccountID) (store.FileSpace, error) {
	w.look("space")
	return w.DB.FileSpace(a)
}

func (w *watched) File(a store.AccountID, name store.FileName, version int) (store.File, []byte, error) {
	w.look("file")
	return w.DB.File(a, name, version)
}

func (w *watched) Redirection(mac macaddr.Addr) (store.Redirection, error) {
	w.look("phone")
	w.last = mac
	return w.DB.Redirection(mac)
}

func (w *watched) put(t testing.TB, name store.FileName, text string) {
	t.Helper()
	f, err := w.PutFile(store.Audit{Actor: w.account.ID}, false, w.account.ID, 0, name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w.uploaded = f.At
}

// A text is a Template that knows ${name} and ${files}.
type text string

func (t text) OfPhone() bool   { return strings.Contains(string(t), "${name}") }
func (t text) UsesFiles() bool { return strings.Contains(string(t), "${files}") }

func (t text) Places() int { return strings.Count(string(t), "${") }

func (t text) Size(values map[string]string, files string) (int, error) {
	filled, err := t.Fill(values, files)
	return len(filled), err
}

func (t text) Fill(values map[string]string, files string) ([]byte, error) {
	if _, ok := values["name"]; !ok && t.OfPhone() {
		return nil, errors.New("no name")
	}
	return []byte(strings.NewReplacer("${name}", values["name"], "${files}", files).Replace(string(t))), nil
}

func newStore(t testing.TB) *watched {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{Hold: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &watched{DB: db, looked: map[string]int{}}
	for name, macs := range map[store.Name][]string{"acme": {own, rowless, held}, "other": {anothers}} {
		a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: name, SettingServer: store.RestoreURL("http://prov.example.com/")})
		if err != nil {
			t.Fatal(err)
		}
		if name == "acme" {
			w.account = a
		}
		change := func(mac string, rule store.Rule) {
			c := store.Change{MAC: macaddr.MustParse(mac)}
			if _, err := db.Change(store.Batch{Audit: store.Audit{Actor: a.ID}, Owner: a.ID, Rule: rule, Changes: []store.Change{c}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, mac := range macs {
			change(mac, store.RuleRegister)
			if mac == held {
				change(mac, store.RuleDeregister)
			}
		}
	}
	for name, text := range map[store.FileName]string{
		"snom360.htm":                  `<?xml version="1.0"?><setting-files><file url="${files}360/general.xml"/></setting-files>`,
		"360/general.xml":              `<?xml version="1.0"?><settings/>`,
		"360/" + own + ".xml":          "specific",
		"360/" + anothers + ".xml":     "specific of a phone that is not the account's",
		"360/" + held + ".xml":         "specific of a phone on hold",
		"keys.xml":                     "name: ${name}",
		"phones.csv":                   "secret",
		"360/" + nobodys + "/keys.xml": "specific of a phone of nobody",
	} {
		w.put(t, name, text)
	}
	w.old = w.rotate(t)
	w.token = w.rotate(t)
	return w
}

// rotate returns a new token.
func (w *watched) rotate(t testing.TB) string {
	s, err := w.MakeFileToken(store.Audit{Actor: w.account.ID}, false, w.account.ID, func(token string) store.URL { return store.RestoreURL("https://files.example.com/" + token + "/") })
	if err != nil {
		t.Fatal(err)
	}
	return s.Token
}

func newTest(m *watched) (Config, *[]Outcome, *[]store.Fetch) {
	outcomes, fetches := &[]Outcome{}, &[]store.Fetch{}
	return Config{
		Store:         m,
		URL:           func(token string) string { return "https://files.example.com/" + token + "/" },
		ParseTemplate: func(_ store.FileName, b []byte) (Template, error) { return text(b), nil },
		ParseRows: func([]byte) (Rows, error) {
			return Rows{macaddr.MustParse(own): {"name": "Ann"}}, nil
		},
		Observe: func(o Observation) { *outcomes = append(*outcomes, o.Outcome) },
		OnFetch: func(phone macaddr.Addr, from netip.Addr, owner store.AccountID, f store.Fetch) {
			if !phone.IsValid() || !from.IsValid() || owner != m.account.ID {
				panic("a fetch of nobody")
			}
			*fetches = append(*fetches, f)
		},
	}, outcomes, fetches
}

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestServed(t *testing.T) {
	m := newStore(t)
	c, _, fetches := newTest(m)
	h := New(c)
	container := `<?xml version="1.0"?><setting-files><file url="https://files.example.com/` + m.token + `/360/general.xml"/></setting-files>`
	for path, want := range map[string]string{
		"/" + m.token + "/snom360.htm":          container,
		"/" + m.token + "//SNOM360.HTM":         container, // a phone adds a slash
		"/" + m.old + "/snom360.htm":            container, // leads to the new token
		"/" + m.token + "/360/" + own + ".xml":  "specific",
		"/" + m.token + "/keys-" + own + ".xml": "name: Ann",
	} {
		w := get(h, "GET", path)
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Etag") == "" {
			t.Errorf("%s: %d %v %q", path, w.Code, w.Header(), w.Body)
		}
		if head := get(h, "HEAD", path); head.Code != 200 || head.Body.Len() != 0 || !reflect.DeepEqual(head.Header(), w.Header()) {
			t.Errorf("HEAD %s: %d %v", path, head.Code, head.Header())
		}
	}
	for _, f := range *fetches {
		if f.Refused || f.Version.IsZero() || !strings.Contains(string(f.Name), own) {
			t.Errorf("%+v", f)
		}
	}
	if len(*fetches) != 4 {
		t.Errorf("%d fetches", len(*fetches))
	}
}

// All refusals are the same to the byte, and look up as much.
func TestRefusals(t *testing.T) {
	m := newStore(t)
	c, outcomes, _ := newTest(m)
	h := New(c)
	paths := []struct {
		path    string
		outcome Outcome
	}{
		{"/" + unknown + "/snom360.htm", NoToken},
		{"/" + unknown + "/360/" + own + ".xml", NoToken},
		{"/" + m.token, NoToken},
		{"/" + m.token + "/", NoFile},
		{"/" + m.token + "/none.htm", NoFile},
		{"/" + m.token + "/phones.csv", NoFile},
		{"/" + m.token + "/PHONES.csv", NoFile},
		{"/" + m.token + "/keys.xml", NoFile},
		{"/" + m.token + "/snom360-" + own + ".htm", NoFile},
		{"/" + m.token + "/360/../snom360.htm", NoFile},
		{"/" + m.token + "/360/%2e%2e/snom360.htm", NoToken},
		{"/" + m.token + "/360%2Fgeneral.xml", NoToken},
		{"/" + m.token + "/none-" + own + ".xml", NoFile},
		{"/" + m.token + "/360/" + anothers + ".xml", OtherPhone},
		{"/" + m.token + "/keys-" + anothers + ".xml", OtherPhone},
		{"/" + m.token + "/360/" + nobodys + "/keys.xml", OtherPhone},
		{"/" + m.token + "/360/" + held + ".xml", OtherPhone},
		{"/" + m.token + "/keys-" + rowless + ".xml", NoRow},
		{"/", NoToken},
	}
	get(h, "GET", "/"+m.token+"/keys-"+own+".xml") // fills the cache
	for _, method := range []string{"GET", "HEAD"} {
		want := get(h, method, "/"+unknown+"/none")
		for _, c := range paths {
			*outcomes, m.looked = nil, map[string]int{}
			w := get(h, method, c.path)
			if w.Code != 404 || w.Body.String() != want.Body.String() || !reflect.DeepEqual(w.Header(), want.Header()) {
				t.Errorf("%s %s: %d %v %q", method, c.path, w.Code, w.Header(), w.Body)
			}
			if got := map[string]int{"token": 1, "phone": 1, "space": 1, "file": 2}; !reflect.DeepEqual(m.looked, got) {
				t.Errorf("%s: look-ups %v", c.path, m.looked)
			}
			if (*outcomes)[0] != c.outcome {
				t.Errorf("%s: %s", c.path, (*outcomes)[0])
			}
		}
	}
	if _, err := m.UpdateAccount(store.Audit{}, false, m.account.ID, func(a *store.Account) error {
		a.Disabled, a.PhonesDisabled = true, true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	*outcomes = nil
	if w := get(h, "GET", "/"+m.token+"/snom360.htm"); w.Code != 404 || (*outcomes)[0] != Disabled {
		t.Errorf("disabled: %d %v", w.Code, *outcomes)
	}
	if w := get(h, "POST", "/"+m.token+"/snom360.htm"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
	m.failing = errors.New("disk /dev/sda")
	if w := get(h, "GET", "/"+m.token+"/snom360.htm"); w.Code != 500 || strings.Contains(w.Body.String(), "sda") {
		t.Errorf("failing: %d %q", w.Code, w.Body)
	}
	if w := get(h, "GET", "/readyz"); w.Code != 503 {
		t.Errorf("readyz: %d", w.Code)
	}
}

func TestConditions(t *testing.T) {
	begun := time.Now().Truncate(time.Second)
	m := newStore(t)
	c, outcomes, _ := newTest(m)
	h := New(c)
	path := "/" + m.token + "/360/general.xml"
	first := get(h, "GET", path)
	tag, date := first.Header().Get("Etag"), first.Header().Get("Last-Modified")
	if at, err := http.ParseTime(date); err != nil || at.Before(begun) || at.After(time.Now()) {
		t.Errorf("Last-Modified %q, %v", date, err)
	}
	for _, c := range []struct {
		field, value string
		status       int
		outcome      Outcome
	}{
		{"If-None-Match", tag, 304, NotModified},
		{"If-None-Match", `"other"`, 200, Served},
		{"If-Modified-Since", date, 304, NotModified},
		{"If-Match", `"other"`, 412, NotModified},
		{"Range", "bytes=2-4", 206, Partly},
		{"Range", "bytes=9000-", 416, Partly},
	} {
		*outcomes = nil
		if w := get(h, "GET", path, c.field, c.value); w.Code != c.status || (*outcomes)[0] != c.outcome {
			t.Errorf("%s %s: %d %v", c.field, c.value, w.Code, *outcomes)
		}
	}
	m.put(t, "360/general.xml", "new")
	if w := get(h, "GET", path, "If-None-Match", tag); w.Code != 200 || w.Body.String() != "new" {
		t.Errorf("after an upload: %d %q", w.Code, w.Body)
	}
	// Its text changes with the token too, and nobody knows when.
	if w := get(h, "GET", "/"+m.token+"/snom360.htm"); w.Header().Get("Last-Modified") != "" {
		t.Error("a container has Last-Modified")
	}
}

func FuzzPath(f *testing.F) {
	f.Add("/" + unknown + "/snom360.htm")
	f.Add("/" + unknown + "//360/../" + own + ".xml")
	f.Fuzz(func(t *testing.T, path string) {
		r := parsePath(path, "", "/files")
		if r.token != noToken && !isToken(r.token) {
			t.Errorf("token %q", r.token)
		}
		for _, name := range []store.FileName{r.name, r.template} {
			if name == noName {
				continue
			}
			if _, err := store.ParseFileName(string(name)); err != nil || name.Fold() == store.PhonesFile {
				t.Errorf("name %q: %v", name, err)
			}
		}
		if mac, ok := r.name.MAC(); r.name != noName && (ok != r.mac.IsValid() || mac != r.mac) {
			t.Errorf("%q is for %v", r.name, r.mac)
		}
	})
}
