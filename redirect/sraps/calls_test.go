package sraps

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Each call has an answer with and without a slash at its end.
func TestCalls(t *testing.T) {
	l := newLab(t, nil)
	base := l.server.URL + Base
	for _, end := range []string{"", "/"} {
		l.gives("acme", "GET", "tokens/"+l.keys["acme"].id+end, "", 200, `{"links":{"company":"`+base+`companies/acme"}}`)
		l.gives("acme", "GET", "companies/acme"+end, "", 200,
			`{"name":"ACME & Söhne <1>","links":{"endpoints":"`+base+`companies/acme/endpoints/","provisioning_profiles":"`+base+`companies/acme/provisioning-profiles/"}}`)
		l.gives("bravo", "GET", "settings"+end+"?page_size=5", "", 200, `[{"uuid":"`+SettingServer+`","param_name":"setting_server","section":"phone-settings"}]`)
		l.gives("acme", "GET", company("acme", "provisioning-profiles"+end), "", 200, `[]`)
		l.gives("acme", "GET", company("acme", "endpoints"+end), "", 200, `[]`)

		l.gives("acme", "PUT", company("acme", "endpoints/"+mac1+end), put("http://own.example/{mac}?a&b"), 201, answered(mac1, "http://own.example/{mac}?a&b"))
		l.gives("acme", "PUT", company("acme", "endpoints/"+strings.ToLower(mac1)+end), put("http://other.example/"), 200, answered(mac1, "http://other.example/"))
		l.gives("acme", "GET", company("acme", "endpoints/0004132202e4"+end), "", 200, answered(mac1, "http://other.example/"))
		l.gives("acme", "GET", company("acme", "endpoints"+end), "", 200, "["+answered(mac1, "http://other.example/")+"]")
		l.gives("acme", "DELETE", company("acme", "endpoints/00:04:13:22:02:e4"+end), "", 204, "")
		l.refuses("acme", "GET", company("acme", "endpoints/"+mac1+end), "", 404, mac1+" is not registered.")
		l.refuses("acme", "DELETE", company("acme", "endpoints/"+mac1+end), "", 404, mac1+" is not registered.")
		if p, err := l.db.Phone(macaddr.MustParse(mac1)); end == "" && (err != nil || !p.Held()) {
			t.Errorf("%+v, %v: want it on hold", p, err)
		}
	}
}

// Whatever form a tool sends a URL in, it is the phone's own; without one, the phone
// follows its account.
func TestForms(t *testing.T) {
	l := newLab(t, nil)
	path := company("acme", "endpoints/"+mac1)
	for body, want := range map[string]string{
		`{}`: "",
		`{"mac":"0004132202e4","autoprovisioning_enabled":true,"provisioning_url":"http://f.example/"}`:                                                                            "http://f.example/", // falconieri
		`{"provisioning_url":null,"settings_manager":null,"autoprovisioning_enabled":null,"provisioning_profile":null,"tags":[1,2]}`:                                               "",
		`{"mac":"00-04-13-22-02-E4","autoprovisioning_enabled":"true","settings_manager":{"` + strings.ToUpper(SettingServer) + `":{"value":" http://n.example/?mac={mac} "}}}`:    "http://n.example/?mac={mac}",
		`{"provisioning_url":"http://same.example/","settings_manager":{"` + SettingServer + `":{"value":"http://same.example/","attrs":{"perm":"$"}}},"provisioning_profile":""}`: "http://same.example/",
		`{"settings_manager":{}}`: "",
	} {
		if response, got := l.do(l.request("acme", "PUT", path, body)); response.StatusCode/100 != 2 || got != answered(mac1, want) {
			t.Errorf("%s: %s %s, want %s", body, response.Status, got, answered(mac1, want))
		}
		l.gives("acme", "PUT", path, answered(mac1, want), 200, answered(mac1, want)) // what was got can be sent
	}
	r, err := l.db.Redirection(macaddr.MustParse(mac1))
	if err != nil || r.URL.String() == "" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRefusals(t *testing.T) {
	l := newLab(t, nil)
	own := company("acme", "endpoints/"+mac1)
	l.gives("bravo", "PUT", company("bravo", "endpoints/"+mac2), put("http://b.example/"), 201, answered(mac2, "http://b.example/"))
	l.gives("acme", "PUT", own, `{}`, 201, answered(mac1, ""))
	for _, account := range []string{"acme", "olga"} { // an operator has no more rights here
		for method, body := range map[string]string{"PUT": put("http://own.example/"), "GET": "", "DELETE": ""} {
			l.refuses(account, method, company(account, "endpoints/"+mac2), body, 403, "taken_mac_or_forbidden: "+mac2+" is registered by another account.")
		}
	}
	l.refuses("acme", "GET", "tokens/"+l.keys["bravo"].id, "", 403, `signed with the API key "`+l.keys["acme"].id)
	for _, o := range operations {
		if strings.Contains(o.path, ":company") {
			l.refuses("acme", o.method, strings.NewReplacer(":company", "bravo", ":mac", mac1).Replace(o.path), "", 403, "The API key is for the company acme")
		}
	}
	for _, mac := range []string{"2e4", "0004132202E", "0004132202E4F", "xyz", "0004132202%FF"} {
		l.refuses("acme", "GET", company("acme", "endpoints/"+mac), "", 422, "device.mac.invalid: ")
		l.refuses("acme", "PUT", company("acme", "endpoints/"+mac), `{}`, 422, "device.mac.invalid: ")
	}
	for body, want := range map[string]string{
		put("nonsense"):                            "malformed_url: ",
		put("http://prov.house.example/"):          "points back at this service",
		`{"mac":"` + mac2 + `"}`:                   "The body has the MAC " + mac2,
		`{"mac":"2e4"}`:                            "device.mac.invalid",
		`{"autoprovisioning_enabled":"false"}`:     "autoprovisioning_enabled is false",
		`{"autoprovisioning_enabled":1}`:           `at "autoprovisioning_enabled": value that is neither true nor false`,
		`{"mac":5}`:                                `the wrong type at "mac": number`,
		`{"settings_manager":[]}`:                  `the wrong type at "settings_manager": array`,
		`{"settings_manager":{"other":{}}}`:        `the setting "other"`,
		`{"provisioning_profile":"nothing"}`:       `provisioning_profile is "nothing"`,
		strings.Replace(put("x://"), "RW", "R", 1): `the perm "R"`,
		strings.Replace(put("http://a/"), `{`, `{"provisioning_url":"http://b/",`, 1): "differ",
	} {
		l.refuses("acme", "PUT", own, body, 422, want)
	}
	for _, body := range []string{"", "{", `{} {}`, "null x", "\xff"} {
		l.refuses("acme", "PUT", own, body, 400, "not one JSON object")
	}
	l.refuses("acme", "PUT", own, `"text"`, 422, "the wrong type")
	l.refuses("bravo", "PUT", company("bravo", "endpoints/"+mac1[:11]+"5"), `{}`, 422, "would have no setting server")
	l.refuses("acme", "PUT", own, strings.Repeat(" ", maxBody+1), 413, "at most 65536 bytes")
	l.refuses("acme", "GET", company("acme", "endpoints?page_size=x"), "", 422, `page_size is "x"`)
	l.refuses("acme", "GET", company("acme", "endpoints?after=x"), "", 422, "device.mac.invalid")
	l.refuses("acme", "GET", "settings?page_size=0", "", 422, "page_size")
	for _, path := range []string{"", "nothing", "companies", "companies/", "tokens/", "companies/acme/endpoints/a/b"} {
		l.refuses("acme", "GET", path, "", 404, "There is no such path")
	}
	if response := l.refused(l.request("acme", "DELETE", company("acme", "endpoints/"), ""), 405, "no call with this method"); !strings.Contains(response.Header.Get("Allow"), "GET") {
		t.Errorf("Allow: %s", response.Header.Get("Allow"))
	}
	l.gives("acme", "GET", own, "", 200, answered(mac1, ""))
}

func TestQuota(t *testing.T) {
	l := newLab(t, nil)
	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.UpdateAccount(store.Audit{}, false, acme.ID, func(a *store.Account) error { a.Quota = 1; return nil }); err != nil {
		t.Fatal(err)
	}
	l.gives("acme", "PUT", company("acme", "endpoints/"+mac1), `{}`, 201, answered(mac1, ""))
	l.refuses("acme", "PUT", company("acme", "endpoints/"+mac2), `{}`, 403, "quota_exceeded")
	if !strings.Contains(l.log.String(), `outcome=refused`) || !strings.Contains(l.log.String(), `why="quota_exceeded`) {
		t.Errorf("log: %s", &l.log)
	}
}

func TestProductGroups(t *testing.T) {
	l := newLab(t, nil)
	_, text := l.do(l.request("acme", "GET", "product-groups/", ""))
	var all []productGroup
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	names, uuids := map[string]bool{}, map[string]bool{}
	for _, g := range all {
		names[g.Name], uuids[g.UUID] = true, true
	}
	for _, name := range append([]string{"C-Series", "D-Series", "M-Series", "MSC-Series", "snom360", "snomD785"}, macaddr.ModelNames()...) {
		if !names[name] {
			t.Errorf("no group %s", name)
		}
	}
	// Tools may keep it.
	if i := slices.IndexFunc(all, func(g productGroup) bool { return g.Name == "D-Series" }); len(uuids) != len(all) || all[i].UUID != groupUUID("D-Series") || groupUUID("D-Series") != "9c448d61-593f-8034-ab66-bb0db9f5f729" {
		t.Errorf("%d UUIDs of %d groups, D-Series %s", len(uuids), len(all), groupUUID("D-Series"))
	}
}

func TestProfiles(t *testing.T) {
	l := newLab(t, nil)
	path, group := company("acme", "provisioning-profiles/"), groupUUID("D-Series")
	created := func(body string) (p profile) {
		t.Helper()
		response, text := l.do(l.request("acme", "POST", path, body))
		if err := json.Unmarshal([]byte(text), &p); err != nil || response.StatusCode != http.StatusCreated || p.UUID == "" {
			t.Fatalf("%s: %s %s, %v", body, response.Status, text, err)
		}
		return p
	}
	ngcp := created(`{"name":"Büro","product_group":"` + group + `","autoprovisioning_enabled":"true"}`)
	other := created(`{"name":" a ","product_group":null,"settings_manager":{}}`)
	l.gives("acme", "GET", path, "", 200, `[{"uuid":"`+ngcp.UUID+`","name":"Büro","product_group":"`+group+`","autoprovisioning_enabled":true},{"uuid":"`+other.UUID+`","name":"a","autoprovisioning_enabled":true}]`)
	l.gives("bravo", "GET", company("bravo", "provisioning-profiles/"), "", 200, `[]`)
	l.gives("acme", "PUT", company("acme", "endpoints/"+mac1), `{"provisioning_profile":"`+ngcp.UUID+`"}`, 201, answered(mac1, ""))
	l.refuses("bravo", "PUT", company("bravo", "endpoints/"+mac2), `{"provisioning_profile":"`+ngcp.UUID+`"}`, 422, "provisioning_profile is")
	l.refuses("acme", "POST", path, `{"name":"a"}`, 409, `There is a profile with the name "a"`)
	for body, want := range map[string]string{
		`{}`:                 "name: expected",
		`{"name":"x\u001b"}`: "name: expected",
		`{"name":"x","autoprovisioning_enabled":false}`:                                           "is false",
		`{"name":"x","product_group":"nothing"}`:                                                  `product_group is "nothing"`,
		`{"name":"x","settings_manager":{"` + SettingServer + `":{"value":"http://x.example/"}}}`: "A profile is only a name here",
		`{"name":"x","provisioning_url":"http://x.example/"}`:                                     "A profile is only a name here",
	} {
		l.refuses("acme", "POST", path, body, 422, want)
	}
}
