package rds

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// The replies of snom's service, to the byte.
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

	for range 2 { // repeating it overwrites
		l.calls("acme", of("redirect.registerPhone", str("0004132202e4"), str(own)), okReply)
	}
	if r, err := l.db.Redirection(macaddr.MustParse("0004132202E4")); err != nil || r.URL.String() != own {
		t.Errorf("setting server %v, %v, want %s", r.URL, err, own)
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

	// The MAC is checked before the URL, and the URL before the owner.
	for url, mac := range map[string]string{"": "0004132202E4", "prov.acme.example": "0004132202E4", "http://prov.house.example/x": "0004132202E4", "http://PROVISIONING.snom.com": "0004132202E4", "nonsense": "2e4"} {
		want := badURL
		if mac == "2e4" {
			want = badMAC
		}
		l.calls("bravo", of("redirect.registerPhone", str(mac), str(url)), want)
		l.calls("bravo", of("redirect.registerPhoneList", arr("0004132202E5", mac), str(url)), want)
	}

	// A released phone is on hold for its last owner.
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

// A list is changed as a whole or not at all. The refusal is that of its first
// refused phone.
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

	macs := make([]string, maxList+1)
	for i := range macs {
		macs[i] = fmt.Sprintf("0004134%05X", i)
	}
	l.faults("acme", of("redirect.registerPhoneList", arr(macs...), str(own)), wrongParams, "at most 65536 MACs")
	l.calls("acme", of("redirect.registerPhoneList", arr(macs[:maxList]...), str(own)), okReply)
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
	l.models["000413241214"] = "snom300" // contradicts its range
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

// A model is also an older name of a range. A model without a known range is what
// the phone last reported.
func TestListPhonesOfOlderNames(t *testing.T) {
	l := newLab(t, nil)
	l.calls("acme", of("redirect.registerPhoneList", arr("000413430001", "000413790001", "000413791001", "000413A30001", "000413910001", "000413FF0001"), str(own)), okReply)
	l.models["000413FF0001"] = "snomD865"
	for model, want := range map[string][]string{
		"snom870E": {"000413430001"}, "870": {"000413430001"},
		"snomD745": {"000413790001", "000413791001"}, "snomD765": {"000413790001"},
		"d375": {"000413910001", "000413A30001"}, "snomD735": {"000413A30001"},
		"snomD865": {"000413FF0001"},
	} {
		l.calls("acme", of("redirect.listPhones", str(model)), "<value><array><data><value><string>"+strings.Join(want, "</string></value><value><string>")+"</string></value></data></array></value>")
	}
}

// A password is hashed once for ten thousand calls. Each call looks its account up
// twice, and the first password check once more.
func TestManyCalls(t *testing.T) {
	const phones = 10_000
	l := newLab(t, nil)
	var macs []string
	for i := range phones {
		macs = append(macs, fmt.Sprintf("0004134%05X", i))
	}
	l.calls("acme", of("redirect.registerPhoneList", arr(macs...), str(own)), okReply)
	l.calls("acme", of("redirect.listPhones", str("")), "<value><array><data><value><string>"+strings.Join(macs, "</string></value><value><string>")+"</string></value></data></array></value>")
	for _, mac := range macs[2:] { // without connections, which are not tested here
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xmlrpc", bytes.NewReader(appendCall(nil, of("redirect.checkPhone", str(mac)))))
		r.SetBasicAuth("acme", password)
		w := httptest.NewRecorder()
		l.server.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), okReply) {
			t.Fatalf("%s: %d %s", mac, w.Code, w.Body)
		}
	}
	if n := l.lookups.Load(); n != 2*phones+1 {
		t.Errorf("%d lookups of accounts, want %d", n, 2*phones+1)
	}
}

// The history and the log name the tool that makes a change.
func TestChangesAreRecorded(t *testing.T) {
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
		t.Fatalf("history %+v, %v, want 2 entries", entries, err)
	}
	c := entries[0].Audit
	if age := time.Since(c.Begun); age < 0 || age > time.Hour {
		t.Errorf("begun %v ago", age)
	}
	c.Begun = time.Time{}
	if want := (store.Audit{Name: "acme", RemoteAddr: "127.0.0.1", Credential: "password", Agent: "rds-test/1.0 ?", Command: "redirect.registerPhoneList", Detail: own}); c != want {
		t.Errorf("audit %+v, want %+v", c, want)
	}
	if log := l.log.String(); strings.Count(log, "msg=changed") != 1 || !strings.Contains(log, "account=acme from=127.0.0.1") || strings.Contains(log, "\u202e") || strings.Contains(log, password) {
		t.Errorf("log:\n%s", log)
	}
	// A command without a URL has no space at its end.
	l.calls("acme", of("redirect.deregisterPhone", str("0004132202E4")), okReply)
	entries, err = l.db.History(acme.ID, macaddr.Addr{}, store.Mark{}, 9)
	if err != nil || len(entries) == 0 || entries[0].Audit.Command != "redirect.deregisterPhone" || entries[0].Audit.Detail != "" {
		t.Errorf("history %+v, %v", entries, err)
	}
	if log := l.log.String(); !strings.Contains(log, " command=redirect.deregisterPhone phones=1 mac=0004132202E4\n") {
		t.Errorf("log:\n%s", log)
	}
}
