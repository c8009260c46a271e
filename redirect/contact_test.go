package redirect

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// serveContacts starts the handler. contacts returns the contacts since its last
// call. An answer is sent after the handler returns, so the contact of a request
// is there once its answer is.
func serveContacts(t *testing.T, f Finder) (base string, contacts func() []store.Contact) {
	queue := make(chan store.Contact, 100)
	base = serve(t, Config{Finder: f, OnContact: func(c store.Contact) { queue <- c }})
	return base, func() (all []store.Contact) {
		for len(queue) > 0 {
			all = append(all, <-queue)
		}
		return all
	}
}

func TestContact(t *testing.T) {
	base, contacts := serveContacts(t, finder(t))
	const model = "/snom360/snom360.php?mac="
	withMAC := func(mac string) string {
		return "Mozilla/4.0 (compatible; snomD345-SIP 10.1.33.33 x " + mac + ")"
	}
	for _, c := range []struct {
		path, agent string
		want        store.Contact // without At and From; without MAC if it is registered
	}{
		{model + registered, newPhone, store.Contact{Model: "snom360", Firmware: "7.3.14", Answer: store.Redirected}},
		{model + registered, oldPhone, store.Contact{Model: "snom360", Firmware: "6.5.2", Answer: store.Redirected}},
		{model + registered, "", store.Contact{Model: "snom360", Answer: store.Redirected}},
		{model + nobodys, newPhone, store.Contact{MAC: macaddr.MustParse(nobodys), Model: "snom360", Firmware: "7.3.14", Answer: store.Unregistered}},
		{model + pointsBack, newPhone, store.Contact{MAC: macaddr.MustParse(pointsBack), Model: "snom360", Firmware: "7.3.14", Answer: store.Unregistered}},

		{"/SNOM360.php?mac=" + registered, newPhone, store.Contact{Model: "SNOM360", Firmware: "7.3.14", Answer: store.Redirected}},
		{"/snom3x0/snom3x0.php?mac=" + registered, newPhone, store.Contact{Model: "snom3x0", Firmware: "7.3.14", Answer: store.Redirected}},
		{"/snom370.php?mac=" + registered, newPhone, store.Contact{Model: "snom370", Firmware: "7.3.14", Answer: store.Redirected, OtherModel: true}},
		{"/snomm9/snomm9.php?mac=" + registered, m9, store.Contact{Model: "snomm9", Firmware: "9.1.43", Answer: store.Redirected}},
		{"/snomD345.php?mac=" + registered, withMAC(registered), store.Contact{Model: "snomD345", Firmware: "10.1.33.33", Answer: store.Redirected}},
		{"/snomD345.php?mac=" + registered, withMAC(nobodys), store.Contact{Model: "snomD345", Firmware: "10.1.33.33", Answer: store.Redirected, OtherMAC: true}},

		{"/snom190/snom190-" + registered + ".htm", "", store.Contact{Model: "snom190", Answer: store.Redirected}},
		{"//snom720/snom720.php?MAC=" + registered, "compatible; snom720 8.9.3.80", store.Contact{Model: "snom720", Firmware: "8.9.3.80", Answer: store.Redirected}},
		{"/snomD345.htm", withMAC(registered), store.Contact{Model: "snomD345", Firmware: "10.1.33.33", Answer: store.Redirected}},
		{"/snomD345-" + registered + ".htm", withMAC(nobodys), store.Contact{Model: "snomD345", Firmware: "10.1.33.33", Answer: store.Redirected, OtherMAC: true}},

		{"/" + strings.Repeat("x", 5000) + ".php?mac=" + registered, "snom360-SIP 7.3." + strings.Repeat("0", 1000), store.Contact{Model: strings.Repeat("x", 32), Answer: store.Redirected, OtherModel: true}},
	} {
		if !c.want.MAC.IsValid() {
			c.want.MAC = macaddr.MustParse(registered)
		}
		if c.want.From, c.want.Protocol = netip.MustParseAddr("127.0.0.1"), store.HTTP; c.want.MAC != macaddr.MustParse(nobodys) {
			c.want.Owner = 1
		}
		for _, method := range []string{"GET", "HEAD"} {
			before := time.Now().Truncate(time.Millisecond)
			ask(t, method, base+c.path, c.agent)
			all := contacts()
			if len(all) != 1 {
				t.Errorf("%s %.60s: %d contacts, want 1", method, c.path, len(all))
				continue
			}
			got := all[0]
			if got.At.Before(before) || got.At.After(time.Now()) || got.At.Location() != time.UTC || got.At.Nanosecond()%int(time.Millisecond) != 0 {
				t.Errorf("%s %.60s: time %v, want now in UTC, in whole milliseconds", method, c.path, got.At)
			}
			if got.At = (time.Time{}); got != c.want {
				t.Errorf("%s %.60s as %.60q:\n got %+v\nwant %+v", method, c.path, c.agent, got, c.want)
			}
		}
	}
}

// A request without a MAC is not a contact.
func TestNoContact(t *testing.T) {
	base, contacts := serveContacts(t, finder(t))
	for _, path := range []string{"/", "/healthz", "/snomD345.htm", "/snom360.php", "/snom360.php?mac=2e4", "/snom360.php?mac=ffffffffffff", "/snom360.php?mac=%7Bmac%7D", "/snom360/snom370.php?mac=000413220", "/?x=%zz"} {
		ask(t, "GET", base+path, newPhone)
	}
	if all := contacts(); len(all) > 0 {
		t.Errorf("contacts %+v", all)
	}
}

// A MAC that can be read in a refused request makes it a contact, with the reason.
func TestRefusedContact(t *testing.T) {
	base, contacts := serveContacts(t, finder(t))
	mine, other := macaddr.MustParse(registered), macaddr.MustParse(nobodys)
	withMAC := "Mozilla/4.0 (compatible; snomD345-SIP 10.1.33.33 x " + nobodys + ")"
	for _, c := range []struct {
		method, path, agent string
		want                store.Contact // without At, From and Answer
	}{
		{"GET", "/.htm-" + registered, newPhone, store.Contact{MAC: mine, Model: "snom360", Firmware: "7.3.14", Refusal: string(errNoFile)}},
		{"GET", "/cfg/00:04:13:22:02:e4", "", store.Contact{MAC: mine, Refusal: string(errNoFile)}},
		{"GET", "/snomD345-" + registered + ".xml", "", store.Contact{MAC: mine, Refusal: string(errNoFile)}},
		{"GET", "/x?id=00%3A04%3A13%3A22%3A02%3Ae4", "", store.Contact{MAC: mine, Refusal: string(errNoFile)}},
		{"GET", "/x?id=" + registered + "&%zz", "", store.Contact{MAC: mine, Refusal: string(errNoFile)}},
		{"GET", "/snom360/snom370.php?mac=" + registered, newPhone, store.Contact{MAC: mine, Model: "snom360", Firmware: "7.3.14", Refusal: string(errOtherFolder)}},
		{"GET", "/snom360.php?mac=" + registered + "&mac=" + nobodys, newPhone, store.Contact{MAC: mine, Model: "snom360", Firmware: "7.3.14", Refusal: "mac is given more than once: expected one"}},
		{"GET", "/snomD345.php?mac=%7Bmac%7D", withMAC, store.Contact{MAC: other, Model: "snomD345", Firmware: "10.1.33.33", Refusal: "mac: expected twelve hex digits, such as 0004132202E4 or 00:04:13:22:02:E4"}},
		{"GET", "/snomD345-" + registered + "/", withMAC, store.Contact{MAC: mine, Model: "snomD345", Firmware: "10.1.33.33", OtherMAC: true, Refusal: string(errNoFile)}},
		{"POST", "/snom360.php?mac=" + registered, newPhone, store.Contact{MAC: mine, Refusal: "method not allowed: expected GET or HEAD"}},
	} {
		c.want.From, c.want.Protocol, c.want.Answer = netip.MustParseAddr("127.0.0.1"), store.HTTP, store.Refused
		ask(t, c.method, base+c.path, c.agent)
		all := contacts()
		if len(all) != 1 {
			t.Errorf("%s: %d contacts, want 1", c.path, len(all))
			continue
		}
		if all[0].At = (time.Time{}); all[0] != c.want {
			t.Errorf("%s as %q:\n got %+v\nwant %+v", c.path, c.agent, all[0], c.want)
		}
	}
}

func FuzzFindMAC(f *testing.F) {
	for _, text := range []string{"/.htm-000413220 2E4", "/snomD345-000413A11FA7.htm", "00:04:13:22:02:e4", "0004-1322-02E4", "00041322020E40", "ffffffffffff 0004132202E4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		mac := findMAC(text)
		if !mac.IsValid() {
			return
		}
		digits := strings.NewReplacer(":", "", "-", "", ".", "").Replace(text)
		if !strings.Contains(strings.ToUpper(digits), mac.String()) {
			t.Fatalf("%v is not in %q", mac, text)
		}
		if again := findMAC("/" + mac.String() + ".htm"); again != mac {
			t.Fatalf("%v, then %v", mac, again)
		}
	})
}

func TestFindMAC(t *testing.T) {
	for text, want := range map[string]string{
		"/.htm-0004132202E4":         "0004132202E4",
		"/snomD345-000413A11FA7.htm": "000413A11FA7",
		"x=00:04:13:22:02:e4&":       "0004132202E4",
		"0004-1322-02e4":             "0004132202E4",
		"000000000000 0004132202E4":  "0004132202E4",
		"ffffffffffff/0004132202E4":  "0004132202E4",
		"00041322020E4":              "", // thirteen digits
		"10004132202E4":              "",
		"000413220 2E4":              "",
		"":                           "",
		"{mac}":                      "",
		"00:04:13:22:02:e":           "",
	} {
		got := ""
		if mac := findMAC(text); mac.IsValid() {
			got = mac.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestContactFailingStore(t *testing.T) {
	for name, find := range map[string]findFunc{
		"error": func(macaddr.Addr) (store.Redirection, error) { return store.Redirection{}, errors.New("disk on fire") },
		"panic": func(macaddr.Addr) (store.Redirection, error) { panic("disk on fire") },
	} {
		t.Run(name, func(t *testing.T) {
			base, contacts := serveContacts(t, find)
			ask(t, "GET", base+"/snom360.php?mac="+registered, newPhone)
			if all := contacts(); len(all) != 1 || all[0].Answer != store.Refused {
				t.Errorf("contacts %+v", all)
			}
		})
	}
}
