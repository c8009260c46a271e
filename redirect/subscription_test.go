package redirect

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A phone gets the same over Plug & Play as over HTTP, and is reported in the same way.
func TestSubscription(t *testing.T) {
	good := finder(t)
	names, err := store.NewPublicNames("prov.house.example")
	if err != nil {
		t.Fatal(err)
	}
	disabled := findFunc(func(macaddr.Addr) (store.Redirection, error) {
		return store.Redirection{Owner: 7}, store.ErrPhonesDisabled
	})
	for _, c := range []struct {
		name    string
		config  Config
		mac     string
		url     string
		outcome Outcome
		answer  store.Answer
		because string
	}{
		{"registered", Config{Finder: good}, registered, server, Redirected, store.Redirected, ""},
		{"unregistered", Config{Finder: good}, nobodys, "", Unregistered, store.Unregistered, "no answer"},
		{"points back", Config{Finder: good}, pointsBack, "", PointsBack, store.Unregistered, "no answer"},
		{"disabled", Config{Finder: disabled}, registered, "", Disabled, store.Unregistered, "no answer"},
		{"proof required", Config{Finder: good, RequireProof: true, SecureURL: "https://prov.house.example"}, registered,
			"https://prov.house.example/snom360/snom360.php?mac=" + registered, Unproven, store.Withheld, "over HTTPS, where a certificate"},
		{"proof required, unregistered", Config{Finder: good, RequireProof: true, SecureURL: "https://prov.house.example"}, nobodys, "", Unregistered, store.Unregistered, "no answer"},
		{"proof required, no HTTPS", Config{Finder: good, RequireProof: true}, registered, "", Unproven, store.Withheld, "no answer"},
		{"default", Config{Finder: good, Default: always(defaultServer, false)}, nobodys, defaultServer, ToDefault, store.ToDefault, "the service's default"},
		{"default, another brand", Config{Finder: good, Default: always(defaultServer, false)}, otherBrand, "", Unregistered, store.Unregistered, "only for MACs of snom's; no answer"},
		{"default, proof required", Config{Finder: good, Default: always(defaultServer, false), RequireProof: true, SecureURL: "https://prov.house.example"}, nobodys,
			"https://prov.house.example/snom360/snom360.php?mac=" + nobodys, Unproven, store.Withheld, "over HTTPS, where a certificate"},
		{"failing", Config{Finder: failingFinder{}}, registered, "", Failed, store.Refused, ""},
		{"panicking", Config{Finder: failingFinder{panics: true}}, registered, "", Panicked, store.Refused, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var contacts []store.Contact
			var observed []Observation
			c.config.PublicNames = names
			c.config.OnContact = func(c store.Contact) { contacts = append(contacts, c) }
			c.config.Observe = func(o Observation) { observed = append(observed, o) }
			s := Subscription{MAC: macaddr.MustParse(c.mac), Model: "snom360", Firmware: "6.5.1", From: netip.MustParseAddr("192.0.2.7")}
			if url := Subscriber(c.config)(s); url.String() != c.url {
				t.Errorf("%q, want %q", url, c.url)
			}
			if len(contacts) != 1 || len(observed) != 1 {
				t.Fatalf("%d contacts, %d observations", len(contacts), len(observed))
			}
			got, o := contacts[0], observed[0]
			if got.MAC != s.MAC || got.From != s.From || got.Protocol != store.PnP || got.Model != "snom360" || got.Firmware != "6.5.1" || got.Answer != c.answer {
				t.Errorf("%+v", got)
			}
			if o.Outcome != c.outcome || o.Protocol != store.PnP || o.Took <= 0 {
				t.Errorf("%+v", o)
			}
			e := SubscriptionExplainer(c.config)(s)
			if string(e.Body) != c.url || !strings.Contains(e.Because, c.because) || (e.Status == 200) != (c.url != "") || (e.Refusal != "") != (c.answer == store.Refused) {
				t.Errorf("%+v", e)
			}
			if len(contacts) != 1 || len(observed) != 1 {
				t.Error("explaining it is reported")
			}
		})
	}
}

// What a phone reports about itself is kept only if it is a model and a version. Neither
// makes the answer another.
func TestSubscriptionsNonsense(t *testing.T) {
	var got store.Contact
	answer := Subscriber(Config{Finder: finder(t), OnContact: func(c store.Contact) { got = c }})
	long := strings.Repeat("m", 1000)
	for _, c := range []struct{ model, firmware, wantModel, wantFirmware string }{
		{"snom360\x1b[2J", "6.5\n", "", ""},
		{long, "1." + strings.Repeat("1", 100), long[:maxName], ""},
		{"OEM", "", "OEM", ""},
	} {
		if url := answer(Subscription{MAC: macaddr.MustParse(registered), Model: c.model, Firmware: c.firmware}); url.String() != server {
			t.Errorf("%q", url)
		}
		if got.Model != c.wantModel || got.Firmware != c.wantFirmware {
			t.Errorf("%q %q: %+v", c.model, c.firmware, got)
		}
	}
}

// A client on the network can guess no more MACs over Plug & Play than over HTTP.
func TestSubscriptionsAreLimited(t *testing.T) {
	scans, _ := newLimiter(t, 3)
	outcomes := map[Outcome]int{}
	answer := Subscriber(Config{Finder: finder(t), Scans: scans, Observe: func(o Observation) { outcomes[o.Outcome]++ }})
	for i := range 10 {
		answer(Subscription{MAC: macaddr.MustParse(fmt.Sprintf("00041300000%d", i)), From: netip.MustParseAddr("192.0.2.7")})
	}
	if outcomes[Unregistered] != 3 || outcomes[Throttled] != 7 {
		t.Error(outcomes)
	}
}

// A failing store and a panic are logged as such, and nothing else above debug.
func TestSubscriptionsLog(t *testing.T) {
	for _, c := range []struct {
		finder Finder
		want   string
	}{
		{finder(t), ""},
		{findFunc(func(macaddr.Addr) (store.Redirection, error) { return store.Redirection{}, errors.New("disk gone") }), `msg="subscription failed" mac=0004132202E4 error="disk gone"`},
		{failingFinder{panics: true}, "msg=panic mac=0004132202E4 error=finder"},
	} {
		var log bytes.Buffer
		Subscriber(Config{Finder: c.finder, Log: slog.New(slog.NewTextHandler(&log, nil))})(Subscription{MAC: macaddr.MustParse(registered)})
		if c.want == "" && log.Len() > 0 || !strings.Contains(log.String(), c.want) {
			t.Errorf("%q, want %q", log.String(), c.want)
		}
	}
}
