package shell

import (
	"fmt"
	"strings"
	"testing"
)

// The parts of a MAC with spaces are not other phones, in any command.
func TestSpacedMAC(t *testing.T) {
	h := newHouse(t)
	for _, words := range []string{"000413 2202F1", "0004 1322 02e8", "2e4 000413 2202F1", "00:04:13 22:02:F1", "0004 1322 02e8-02ff", "000413 2202F0-000413 2202FF", "000413", "2e4 1C7126"} {
		for _, line := range []string{"register " + words, "register " + words + " http://x.example/", "deregister " + words, "register --dry-run " + words, "show 000413"} {
			if _, problems, status := h.at("acme", 0, line, ""); status != StatusMisunderstood || !strings.Contains(problems, "looks like one MAC with spaces") {
				t.Errorf("%s: %d %q", line, status, problems)
			}
		}
	}
	h.gives("acme", "register - --short", "2e4\n000413\n", StatusRefused, "2 lines: 1 registered, 1 failed.\n", "Line 2: \"000413\": looks like one MAC with spaces")
	h.says("acme", "register 2e4 2e5 2e6 2e7", "(?s).*")
	h.says("acme", "count", "4\n")
}

// A MAC of another vendor is registered with a warning.
func TestUnknownVendor(t *testing.T) {
	h := newHouse(t)
	const outside = " is outside snom's OUIs (000413, 1C7126) or RTX's (00087B). Is it mistyped?"
	h.gives("acme", "register 000431220E24", "", StatusDone, "000431220E24 registered. Setting server: "+serverA+" (the account's)\n", "Warning: 000431220E24"+outside)
	h.gives("acme", "register 805EC0123400-805EC01234FF 2e4", "", StatusDone, "805EC0123400-805EC01234FF: 256 registered.\n0004132202E4 registered. Setting server: "+serverA+" (the account's)\n257 phones: 257 registered.\n",
		"Warning: 805EC0123400-805EC01234FF"+outside)
	if _, problems, status := h.at("acme", 0, "register 1C7126000001 00087B000001 000413000001", ""); status != StatusDone || problems != "" {
		t.Errorf("%d %q", status, problems)
	}
	h.gives("acme", "deregister 000431220E24", "", StatusDone, "000431220E24 deregistered.\n")
	h.gives("acme", "register -", "0004132202E5\n000431220E24\n", StatusDone, "2 lines: 2 registered.\n", "Line 2: Warning: 000431220E24"+outside)
	h.gives("acme", "register - --json", "0004132202E5\n000431220E25\n", StatusDone, `{"registered":1,"deregistered":0,"changed":0,"unchanged":1,"failed":0}`+"\n", `{"notice":"Line 2: Warning: 000431220E25`)
	h.gives("acme", "register - --atomic", "000431220E26\n0004132202E5x\n", StatusRefused, "", "Line 2", "1 line can't be read")
	many := strings.ReplaceAll(lines(mostRemarks+1), "000413", "000431")
	var warnings []string
	for i := range mostRemarks {
		warnings = append(warnings, fmt.Sprintf("Line %d: Warning: ", i+1))
	}
	h.gives("acme", "register -", many, StatusDone, "11 lines: 11 registered.\n", append(warnings, "Warning: 11 phones in all are outside")...)
	exported, _, _ := h.at("acme", 0, "export", "")
	_, problems, status := h.at("acme", 0, "register -", exported)
	if status != StatusDone || problems != "" {
		t.Errorf("%d %q", status, problems)
	}
}

func TestShortMACs(t *testing.T) {
	h := newHouse(t)
	for typed, mac := range map[string]string{
		"2e4": "0004132202E4", "12E4": "0004132212E4", "312e4": "0004132312E4", "2314a4": "0004132314A4", "00:04:13:10:12:14": "000413101214",
	} {
		h.says("acme", "register "+typed, mac+` registered. Setting server: http://prov.acme.example/\{mac\} \(the account's\)\n`)
		h.says("acme", "show "+typed, `(?s)MAC:            `+mac+`\n.*State:          registered\n.*`)
		h.says("acme", "deregister "+typed, mac+` deregistered.\n`)
		h.refuses("acme", "deregister "+typed, StatusRefused, mac+" is not registered.")
	}
	for _, typed := range []string{"1", "12", "1234567", "xyz", "FFFFFFFFFFFF", "000000000000"} {
		for _, command := range []string{"show", "register", "reg", "deregister"} {
			h.refuses("acme", command+" "+typed, StatusMisunderstood, `"`+typed+`": `)
		}
	}
}

func TestPartnersSeeTheirOwn(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "show 2314a4", "MAC:            0004132314A4\nModel:          snom360\nState:          not registered\n")
	h.says("acme", "register 2314a4", ".*\n")
	h.says("acme", "register 000413101214 http://other.example/", `000413101214 registered. Setting server: http://other.example/ \(the phone's own\)\n`)
	h.says("acme", "show 2314a4", `MAC:            0004132314A4
Model:          snom360
State:          registered
Setting server: http://prov.acme.example/\{mac\} \(the account's\)
Since:          \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC
Last contact:   none yet
`)
	h.says("acme", "list", "000413101214\n0004132314A4\n")

	h.says("bravo", "show 2314a4", "MAC:            0004132314A4\nModel:          snom360\nState:          registered by another account\n")
	h.says("bravo", "list", "")
	h.refuses("bravo", "register 2314a4", StatusRefused, "0004132314A4 is registered by another account.\n")
	h.refuses("bravo", "deregister 2314a4", StatusRefused, "0004132314A4 is registered by another account.\n")

	h.says("olga", "show 2314a4", `(?s).*Account:        acme\n.*`)
	h.says("olga", "list", "000413101214\n0004132314A4\n")
	h.refuses("olga", "register 2314a4 http://olga.example/", StatusRefused, "0004132314A4 is registered by acme: TRANSFER 0004132314A4 olga moves it.\n")
	h.refuses("olga", "register 2314a4 --account bravo", StatusRefused, "0004132314A4 is registered by acme: TRANSFER 0004132314A4 bravo moves it.\n")
	h.says("olga", "register --account acme 2314a4 http://own.example/", `(?s).*http://own.example/ \(the phone's own\)\n`)
	h.says("olga", "deregister 2314a4", "0004132314A4 deregistered.\n")
	h.refuses("bravo", "register 2314a4", StatusRefused, "registered by another account") // on hold for acme
	h.says("olga", "free 2314a4", "0004132314A4 freed: any account can register it.\n")
	h.says("bravo", "register 2314a4", "(?s).*prov.bravo.example.*")
}

func TestEveryPhoneHasASettingServer(t *testing.T) {
	h := newHouse(t)
	h.refuses("bare", "register 2e4", StatusRefused, "Give it one, REGISTER 0004132202E4 <url>, or set one for all your phones, SERVER <url>.")
	h.refuses("olga", "register 2e4 --account bare", StatusRefused, "REGISTER 0004132202E4 <url> --account bare, or give bare one, ACCOUNT SERVER bare <url>.")
	h.refuses("olga", "register 2e4", StatusRefused, "REGISTER 0004132202E4 <url>, or set one for all your phones, SERVER <url>.")
	h.says("bare", "register 2e4 http://own.example/", ".*\n")
	h.refuses("bare", "register 2e4 --follow", StatusRefused, "no setting server")
	h.says("bare", "register 2e4", `.*http://own.example/ \(the phone's own, as before; --follow lets it follow the account\)\n`)
	h.refuses("bare", "register 2e4 own.example", StatusMisunderstood, `"own.example": expected a MAC such as 2e4 or 0004132202E4, a range of them, or as the last word a URL such as http://`)
	h.refuses("bare", "register 2e4 http://provisioning.snom.com/", StatusRefused, "points back at this service")
	h.says("bare", "show 2e4", `(?s).*http://own.example/ \(the phone's own\)\n.*`)
	h.says("olga", "account server bare http://all.example/", ".*\n")
	h.says("bare", "register 2e4 --follow", `.*http://all.example/ \(the account's\)\n`)
}

func TestManyInOneLine(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e6", ".*\n")
	h.says("acme", "register 2e4 2e5 http://own.example/", `0004132202E4 registered\. Setting server: http://own\.example/ \(the phone's own\)
0004132202E5 registered\. Setting server: http://own\.example/ \(the phone's own\)
2 phones: 2 registered\.
`)
	h.gives("acme", "register 2e4-2e5 301 --dry-run", "", StatusDone, `Dry run: 0004132202E4-0004132202E5: 2 unchanged. Own setting servers as before: 2; --follow lets phones follow the account.
Dry run: 000413220301 would be registered. Setting server: `+serverA+` (the account's)
Dry run: 3 phones: 1 would be registered, 2 unchanged.
`)
	h.gives("acme", "register 2e4-2e7 301 --follow", "", StatusRefused, `0004132202E4-0004132202E7: 1 registered, 2 changed, 1 failed.
000413220301 registered. Setting server: `+serverA+` (the account's)
5 phones: 2 registered, 2 changed, 1 failed.
`, "0004132202E6 is registered by another account.\n")
	h.gives("acme", "deregister 2e0-2e5 2e7", "", StatusRefused, `0004132202E0-0004132202E5: 2 deregistered, 4 failed.
0004132202E7 deregistered.
7 phones: 3 deregistered, 4 failed.
`, "0004132202E0 is not", "0004132202E1 is not", "0004132202E2 is not", "0004132202E3 is not")
	h.says("acme", "register 000413000000-00041300FFFF", "000413000000-00041300FFFF: 65536 registered.\n")
	h.says("acme", "count", "65537\n")

	for line, want := range map[string]string{
		"register 000413000000-000413010000":             "A line can name at most 65536 phones",
		"register 000413000000-00041300FFFE 2e4 2e5":     "A line can name at most 65536 phones",
		"register 2ff-2e0":                               `"2ff-2e0": the range ends before it starts`,
		"register 000413FFFFFF-000414000000":             `"000413FFFFFF-000414000000": the range crosses`,
		"deregister 2e4 nonsense":                        `"nonsense": expected twelve hex digits`,
		"register 2e4 - 2e5":                             "- reads MACs",
		"register 2e4 -":                                 "- reads MACs",
		"register 2e4 2eg":                               `"2eg": expected a MAC such as 2e4 or 0004132202E4, a range of them, or as the last word a URL`,
		"register 2e4 http://a.example/ http://b.other/": `"http://a.example/" and "http://b.other/" are two URLs: expected one, as the last word.`,
		"reg http://a.example/ 2e4":                      `"http://a.example/": expected twelve hex digits, and the URL as the last word.`,
		"register - http://a.example/ 2e4":               "Expected: REGISTER",
		"deregister -  2e4":                              "Expected: DEREGISTER",
		"register - nonsense":                            `"nonsense": expected a URL`,
		"show 2e5-2e4":                                   `"2e5-2e4": the range ends before it starts`,
	} {
		h.refuses("acme", line, StatusMisunderstood, want)
	}
	h.says("acme", "count", "65537\n") // none of them changed anything
}

func TestPartlyDoneLineIsLogged(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e5", ".*\n")
	h.log.Reset()
	h.at("acme", 0, "register 2e4 2e5", "")
	if !strings.Contains(h.log.String(), "msg=changed") || !strings.Contains(h.log.String(), "phones=1") {
		t.Error(h.log.String())
	}
}

// Operators see a hold whose account was removed, and can end it.
func TestHoldOfARemovedAccount(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "register 2e4", ".*\n")
	h.says("bravo", "deregister 2e4", ".*\n")
	h.says("olga", "account remove bravo", ".*\n")
	h.says("olga", "show 2e4", "(?s).*State: +on hold until.*")
	h.says("acme", "show 2e4", "(?s).*registered by another account\n")
	h.says("olga", "free 2e4", ".*\n")
}

// A script may quote a list of MACs: "$MACS".
func TestQuotedLists(t *testing.T) {
	h := newHouse(t)
	h.says("acme", `register "2e4 2e5"`, "0004132202E4 registered.*\n0004132202E5 registered.*\n2 phones: 2 registered\\.\n")
	h.says("acme", `register "2e6	2e8-2e9 " 2ea http://own.example/`, "(?s).*\n4 phones: 4 registered\\.\n")
	h.says("acme", `register ' 2eb http://own.example/'`, "0004132202EB registered.*\n")
	h.says("olga", `transfer "2e4 2e5" 2e6 bravo`, "(?s).*\n3 phones: 3 transferred\\.\n")
	h.says("acme", `deregister '2e8 2e9'`, "(?s).*\n2 phones: 2 deregistered\\.\n")
	h.says("olga", `free '2e8 2e9'`, "(?s).*\n2 phones: 2 .*\n")
	h.refuses("acme", "register '0004 1322 02e8'", StatusMisunderstood, "looks like one MAC with spaces")
	h.refuses("acme", "register '2e4 -'", StatusMisunderstood, "- reads MACs from standard input and can't be combined")
	h.refuses("acme", "register 2e4 ' '", StatusMisunderstood, `" ": expected a MAC such as 2e4`)
	h.says("acme", "show '2e4 2e5'", "(?s)MAC: +0004132202E4\n.*\n\nMAC: +0004132202E5\n.*")
	h.says("olga", "account company acme 'A  B'", ".*: company A  B\n")
}
