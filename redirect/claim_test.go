package redirect

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// Only the phone's own certificate and the right code together win a claim, once.
func TestClaim(t *testing.T) {
	root := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	stranger := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	db := finder(t)
	const hers = "http://prov.bravo.example/"
	bravo, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "bravo", SettingServer: store.RestoreURL(hers)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.MakeClaim(store.Audit{Actor: bravo.ID}, false, macaddr.MustParse(registered), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	// Whatever a client sends to a claim's URL is no contact of the phone's, unless the
	// claim is proven.
	contacts := make(chan store.Contact, 99)
	config := Config{Finder: db, PhoneAuthorities: pool, Claim: db.ProveClaim, OnContact: func(c store.Contact) { contacts <- c }}
	s, plain := serveTLS(t, config), serve(t, config)
	own, other := root.issue(t, registered, nil, nil), root.issue(t, nobodys, nil, nil)
	right, wrong := ClaimPath+c.Code, ClaimPath+strings.Repeat("a", len(c.Code))
	php, htm := "/snom360/snom360.php?mac="+registered, "/snom360-"+registered+".htm"
	empty := file(settings.Plain, "")
	for name, get := range map[string]func() string{
		"plain HTTP":        func() string { _, body := ask(t, "GET", plain+right+php, ""); return body },
		"no certificate":    func() string { _, body := (*issuer)(nil).get(t, s, 0, right+htm); return body },
		"other certificate": func() string { _, body := other.get(t, s, 0, right+htm); return body },
		"other MAC":         func() string { _, body := other.get(t, s, 0, right+"/snom360-"+nobodys+".htm"); return body },
		"forged":            func() string { _, body := stranger.issue(t, registered, nil, nil).get(t, s, 0, right+php); return body },
		"wrong code":        func() string { _, body := own.get(t, s, 0, wrong+php); return body },
		"explained":         func() string { return string(Explainer(config)(right+php, "").Body) },
	} {
		if body := get(); body != empty {
			t.Errorf("%s: got\n%s", name, body)
		}
	}
	for range len(contacts) {
		if c := <-contacts; c.Refusal == "" && c.Answer != store.Withheld {
			t.Errorf("a contact: %+v", c)
		}
	}
	if _, body := own.get(t, s, 0, php); body != file(settings.Plain, server) {
		t.Fatalf("the phone has changed hands:\n%s", body)
	}
	if _, body := own.get(t, s, 0, right+htm); body != file(settings.Plain, hers) {
		t.Errorf("proven: got\n%s", body)
	}
	if _, body := own.get(t, s, 0, right+htm); body != empty {
		t.Errorf("again: got\n%s", body)
	}
}

func FuzzCutClaim(f *testing.F) {
	for _, path := range []string{"/claim/abc234/snom360.htm", "/claim//snom360.htm", "/claim/", "/claim/a", "/claim/A/x", "/snom360.htm", "/claim/a%2Fb/c"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		code, rest, ok := cutClaim(path)
		if ok && (code == "" || ClaimPath+code+rest != path) || !ok && (code != "" || rest != path) {
			t.Errorf("%q: %q, %q, %v", path, code, rest, ok)
		}
	})
}
