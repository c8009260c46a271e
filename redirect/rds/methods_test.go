package rds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// What snom's service replies, to the byte.
const (
	okReply = "<value><array><data><value><boolean>1</boolean></value><value><string>Ok</string></value></data></array></value>"
	taken   = "<value><array><data><value><boolean>0</boolean></value><value><string>Error:owned_by_other_user</string></value></data></array></value>"
	badMAC  = "<value><array><data><value><boolean>0</boolean></value><value><string>Error:malformed_mac</string></value></data></array></value>"
	badURL  = "<value><array><data><value><boolean>0</boolean></value><value><string>Error:malformed_url</string></value></data></array></value>"
	noMAC   = "<value><array><data><value><boolean>0</boolean></value><value><string>Error:no_such_mac</string></value></data></array></value>"
	noMACs  = "<value><array><data></data></array></value>"
)

const own = "http://own.example/{mac}?a=1&b=2"

func TestMethods(t *testing.T) {
	l := newLab(t, nil)
	l.answers("acme", "<?xml version='1.0'?><methodCall><methodName>redirect.registerPhone</methodName><params><param><value><string>0004132202E4</string></value></param><param><value><string>http://prov.acme.example/{mac}</string></value></param></params></methodCall>",
		"<?xml version='1.0'?><methodResponse><params><param><value><array><data><value><boolean>1</boolean></value><value><string>Ok</string></value></data></array></value></param></params></methodResponse>")

	l.calls("acme", of("network.echo", str("<a> & é\r\n\t]]>")), "<value><string>&lt;a&gt; &amp; &#233;&#13;\n\t]]&gt;</string></value>")
	l.calls("acme", of("network.echo", str("")), "<value><string></string></value>")

	for range 2 { // again, it overwrites
		l.calls("acme", of("redirect.registerPhone", str("0004132202e4"), str(own)), okReply)
	}
	if url, err := l.db.SettingServer(macaddr.MustParse("0004132202E4")); err != nil || url.String() != own {
		t.Errorf("%v, %v", url, err)
	}
	redirection := "<value><array><data><value><boolean>1</boolean></value><value><string>%s</string></value><value><string>%s</string></value></data></array></value>"
	l.calls("acme", of("redirect.getPhoneRedirection", str("0004132202E4")), fmt.Sprintf(redirection, "ACME &amp; S&#246;hne &lt;1&gt;", "http://own.example/{mac}?a=1&amp;b=2"))

	for _, who := range []string{"bravo", "olga"} {
		l.calls(who, of("redirect.registerPhone", str("0004132202E4"), str(own)), taken)
		l.calls(who, of("redirect.deregisterPhone", str("0004132202E4")), taken)
		l.calls(who, of("redirect.checkPhone", str("0004132202E4")), taken)
		l.calls(who, of("redirect.getPhoneRedirection", str("0004132202E4")), taken)
		l.calls(who, of("redirect.listPhones", str("")), noMACs)
	}
	for _, method := range []string{"deregisterPhone", "checkPhone", "getPhoneRedirection"} {
		l.calls("acme", of("redirect."+method, str("0004132202E5")), noMAC)
		for _, mac := range []string{"", "2e4", "0004132202E", "0004132202E4-0004132202E5", "000000000000", "010413220000", "0004132202EG"} {
			l.calls("acme", of("redirect."+method, str(mac)), badMAC)
		}
	}
	l.calls("acme", of("redirect.checkPhone", str(" 00:04:13:22:02:e4\n")), okReply)

	// The MAC is wrong before the URL is, and the URL before the owner.
	for url, mac := range map[string]string{"": "0004132202E4", "prov.acme.example": "0004132202E4", "http://prov.house.example/x": "0004132202E4", "http://PROVISIONING.snom.com": "0004132202E4", "nonsense": "2e4"} {
		want := badURL
		if mac == "2e4" {
			want = badMAC
		}
		l.calls("bravo", of("redirect.registerPhone", str(mac), str(url)), want)
		l.calls("bravo", of("redirect.registerPhoneList", arr("0004132202E5", mac), str(url)), want)
	}

	// A phone that is let go is held for its last owner.
	l.calls("acme", of("redirect.deregisterPhone", str("0004132202E4")), okReply)
	for _, method := range []string{"deregisterPhone", "checkPhone", "getPhoneRedirection"} {
		l.calls("acme", of("redirect."+method, str("0004132202E4")), noMAC)
		l.calls("bravo", of("redirect."+method, str("0004132202E4")), taken)
	}
	l.calls("bravo", of("redirect.registerPhone", str("0004132202E4"), str(own)), taken)
	l.calls("acme", of("redirect.registerPhone", str("0004132202E4"), str(own)), okReply)

	l.calls("bravo", of("redirect.registerPhone", str("0004132202E5"), str(own)), okReply)
	l.calls("bravo", of("redirect.getPhoneRedirection", str("0004132202E5")), fmt.Sprintf(redirection, "bravo", "http://own.example/{mac}?a=1&amp;b=2"))
}

// A list is done as a whole or not at all, and what it is refused for is the
// first of its phones that is.
func TestLists(t *testing.T) {
	l := newLab(t, nil)
	l.calls("bravo", of("redirect.registerPhone", str("0004132202E9"), str(own)), okReply)
	l.calls("acme", of("redirect.registerPhoneList", arr("0004132202E6", "0004132202E9", "0004132202E5"), str(own)), taken)
	l.calls("acme", of("redirect.registerPhoneList", arr("0004132202E6", "2e5"), str(own)), badMAC)
	l.calls("acme", of("redirect.listPhones", value{kind: null}, value{kind: null}), noMACs)
	l.calls("acme", of("redirect.registerPhoneList", arr("0004132202E6", "0004132202e6", "0004132202E5"), str(own)), okReply)
	l.calls("acme", of("redirect.listPhones", str("")), "<value><array><data><value><string>0004132202E5</string></value><value><string>0004132202E6</string></value></data></array></value>")
	l.calls("acme", of("redirect.deregisterPhoneList", arr("0004132202E6", "0004132202EF", "0004132202E9")), noMAC)
	l.calls("acme", of("redirect.deregisterPhoneList", arr("0004132202E9", "0004132202EF", "0004132202E6")), taken)
	l.calls("acme", of("redirect.checkPhone", str("0004132202E6")), okReply)
	l.calls("acme", of("redirect.deregisterPhoneList", arr("0004132202E6", "0004132202E6", "0004132202e5")), okReply)
	l.calls("acme", of("redirect.listPhones", str("")), noMACs)
	l.calls("acme", of("redirect.registerPhoneList", arr(), str(own)), okReply)
	l.calls("acme", of("redirect.registerPhoneList", arr(), str("")), badURL)
	l.calls("acme", of("redirect.deregisterPhoneList", arr()), okReply)

	many := make([]string, maxList+1)
	for i := range many {
		many[i] = fmt.Sprintf("0004134%05X", i)
	}
	l.faults("acme", of("redirect.registerPhoneList", arr(many...), str(own)), wrongParams, "at most 65536 MACs")
	l.calls("acme", of("redirect.registerPhoneList", arr(many[:maxList]...), str(own)), okReply)
}

func TestListPhones(t *testing.T) {
	l := newLab(t, nil)
	other := "http://other.example/"
	for mac, url := range map[string]string{
		"000413241214": own, "000413271214": other, "000413234321": own, "00135E874B49": own, "00135E874B50": own,
	} {
		l.calls("acme", of("redirect.registerPhone", str(mac), str(url)), okReply)
	}
	acme, err := l.db.AccountNamed("acme")
	if err == nil {
		_, err = l.db.Change(store.Batch{Audit: store.Audit{Actor: acme.ID}, Owner: acme.ID, Changes: []store.Change{{MAC: macaddr.MustParse("000413300001")}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.models["00135E874B49"] = "snomD785"
	l.models["000413241214"] = "snom300" // its range says otherwise
	for _, c := range []struct {
		model, url string
		want       []string
	}{
		{"", "", []string{"000413234321", "000413241214", "000413271214", "000413300001", "00135E874B49", "00135E874B50"}},
		{"snom320", "", []string{"000413241214", "000413271214"}},
		{"SNOM320", "", []string{"000413241214", "000413271214"}},
		{" 320 ", "", []string{"000413241214", "000413271214"}},
		{"m9", "", []string{"000413300001"}},
		{"d785", "", []string{"00135E874B49"}},
		{"snom300", "", nil},
		{"snom", "", nil},
		{"snomX", "", nil},
		{"snom320", own, []string{"000413241214"}},
		{"", other, []string{"000413271214"}},
		{"", "http://prov.acme.example/{mac}", []string{"000413300001"}},
		{"", "http://OTHER.example/", nil},
	} {
		want := noMACs
		if c.want != nil {
			want = "<value><array><data><value><string>" + strings.Join(c.want, "</string></value><value><string>") + "</string></value></data></array></value>"
		}
		l.calls("acme", of("redirect.listPhones", str(c.model), str(c.url)), want)
		if c.url == "" {
			l.calls("acme", of("redirect.listPhones", str(c.model)), want)
			l.calls("acme", of("redirect.listPhones", str(c.model), value{kind: null}), want)
		}
	}
}

// One login check lets a tool ask ten thousand times: each call looks its account
// up twice, and the check at the first does so once more.
func TestManyCalls(t *testing.T) {
	const phones = 10_000
	l := newLab(t, nil)
	var macs []string
	for i := range phones {
		macs = append(macs, fmt.Sprintf("0004134%05X", i))
	}
	l.calls("acme", of("redirect.registerPhoneList", arr(macs...), str(own)), okReply)
	l.calls("acme", of("redirect.listPhones", str("")), "<value><array><data><value><string>"+strings.Join(macs, "</string></value><value><string>")+"</string></value></data></array></value>")
	for _, mac := range macs[2:] { // on no connection, for it is not what is looked at
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xmlrpc", bytes.NewReader(appendCall(nil, of("redirect.checkPhone", str(mac)))))
		r.SetBasicAuth("acme", password)
		w := httptest.NewRecorder()
		l.server.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), okReply) {
			t.Fatalf("%s: %d %s", mac, w.Code, w.Body)
		}
	}
	if n := l.lookups.Load(); n != 2*phones+1 {
		t.Errorf("%d lookups", n)
	}
}

// What a tool changes is told in the history and in the log, with its name.
func TestChangesAreTold(t *testing.T) {
	l := newLab(t, nil)
	for range 2 { // the second changes nothing
		l.calls("acme", of("redirect.registerPhoneList", arr("0004132202E5", "0004132202E4"), str(own)), okReply)
	}
	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := l.db.History(acme.ID, macaddr.Addr{}, store.Mark{}, 9)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%+v, %v", entries, err)
	}
	c := entries[0].Audit
	if age := time.Since(c.Begun); age < 0 || age > time.Hour {
		t.Errorf("begun %v", c.Begun)
	}
	c.Begun = time.Time{}
	if want := (store.Audit{Name: "acme", RemoteAddr: "127.0.0.1", Credential: "password", Agent: "rds-test/1.0 ?", Command: "redirect.registerPhoneList", Detail: own}); c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
	if log := l.log.String(); strings.Count(log, "msg=changed") != 1 || !strings.Contains(log, "account=acme from=127.0.0.1") || strings.Contains(log, "\u202e") || strings.Contains(log, password) {
		t.Errorf("%s", log)
	}
}

type kept = Phones // by another name than its method

// failsAt is a store that panics or fails where it is asked for a phone.
type failsAt struct {
	kept
	panics bool
}

func (f failsAt) Phone(macaddr.Addr) (store.Phone, error) {
	if f.panics {
		panic("secret")
	}
	return store.Phone{}, errors.New("secret")
}

func TestFailures(t *testing.T) {
	for _, panics := range []bool{false, true} {
		l := newLab(t, func(c *Config) { c.Phones = failsAt{c.Phones, panics} })
		for range 2*maxAtOnce + 1 {
			l.faults("acme", of("redirect.checkPhone", str("0004132202E4")), internal, "Something failed in the service")
		}
		if log := l.log.String(); !strings.Contains(log, "secret") || panics != strings.Contains(log, "goroutine") {
			t.Errorf("%s", log)
		}
		l.calls("acme", of("network.echo", str("x")), "<value><string>x</string></value>")
	}
}

func TestLoginFails(t *testing.T) {
	var fail error
	l := newLab(t, func(c *Config) {
		c.Login = func(context.Context, string, string, netip.Addr) (store.Account, error) { return store.Account{}, fail }
	})
	for _, fail = range []error{store.ErrBusy, errors.New("no disk")} {
		response, got := l.post("acme", "<x/>")
		if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || got != "not now: try again later\n" {
			t.Errorf("%v: %s, %s", fail, response.Status, got)
		}
	}
	if log := l.log.String(); strings.Count(log, "level=ERROR") != 1 || strings.Count(log, `level=DEBUG msg="login refused"`) != 2 {
		t.Errorf("%s", log)
	}
}
