package shell

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/store"
)

func TestAccounts(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
	const fingerprint = "SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE"
	h := newHouse(t)
	h.says("olga", "account add carl http://prov.carl.example/", "carl added. Allow logins with ACCOUNT KEY carl ADD <key> or ACCOUNT PASSWORD carl.\n")
	h.refuses("olga", "account add carl", StatusRefused, `The account "carl" exists already.`)
	h.refuses("olga", "account add Carl", StatusMisunderstood, "expected 2 to 32 of a-z 0-9 . _ -")
	h.refuses("olga", "account add admin", StatusRefused, "--admin-key")
	h.refuses("olga", "account add dora nonsense", StatusMisunderstood, "expected a URL")
	h.says("olga", "account list", `acme   partner   enabled  0 phones  no login yet  http://prov.acme.example/\{mac\}
bare   partner   enabled  0 phones  no login yet  -
bravo  partner   enabled  0 phones  no login yet  http://prov.bravo.example/
carl   partner   enabled  0 phones  no login yet  http://prov.carl.example/
olga   operator  enabled  0 phones  no login yet  -
`)
	h.refuses("olga", "account company carl Carl's", StatusMisunderstood, "A quote is not closed")
	h.says("olga", `account company carl "Carl & Söhne"   GmbH`, "carl: company Carl & Söhne GmbH\n")
	h.refuses("olga", "account company carl \u202ex", StatusMisunderstood, "control characters")
	h.says("olga", "account key carl add "+key+" carl at home", "carl: "+regexp.QuoteMeta(fingerprint)+" ssh-ed25519 carl at home\n")
	h.says("olga", "account key carl add "+key, ".*\nAlready authorized: 1 of 1.\n")
	h.refuses("olga", "account key carl add nonsense", StatusMisunderstood, "authorized_keys")
	h.says("olga", "account key carl list", regexp.QuoteMeta(fingerprint)+" ssh-ed25519 carl at home\n")
	h.says("olga", "account password carl", "[A-Z2-7]{20}\n")
	h.says("olga", "account show carl", `Account:        carl
Role:           partner
State:          enabled
Company:        Carl & Söhne GmbH
Setting server: http://prov.carl.example/
Password:       set
Key:            `+regexp.QuoteMeta(fingerprint)+` ssh-ed25519 carl at home
API keys:       0
Phones:         0 registered, 0 on hold, 1000000 left \(quota 1000000\)
Created:        \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC
Last login:     none yet
`)
	h.says("olga", "account password carl remove", "Password removed. carl has 1 key left.\n")
	h.says("olga", "account show carl", `(?s).*Password:       none\n.*`)
	h.says("olga", "account key carl remove "+fingerprint, "Key removed. carl has no key or password left and can't log in.\n")
	h.refuses("olga", "account key carl remove "+fingerprint, StatusRefused, "ACCOUNT KEY carl LIST")
	h.says("olga", "account disable carl", "carl is disabled.\n")
	h.says("olga", "account enable carl", "carl is enabled.\n")
	h.says("olga", "account role carl operator", "carl is an operator.\n")
	h.says("carl", "account role olga partner", "olga is a partner.\n")
	h.refuses("olga", "account list", StatusRefused, "for operators")
	for _, line := range []string{"account role carl partner", "account disable carl", "account remove carl"} {
		h.refuses("carl", line, StatusRefused, "carl is the last operator")
	}
	h.refuses("carl", "account role olga king", StatusMisunderstood, "expected partner or operator")
	h.says("acme", "register 2e4", ".*\n")
	h.refuses("carl", "account remove acme", StatusRefused, "acme has registered phones: deregister them first, or use ACCOUNT REMOVE acme --transfer-to <name>.")
	h.says("acme", "deregister 2e4", ".*\n")
	h.says("carl", "account remove acme", "acme removed.\n")
	for _, line := range []string{"account show acme", "account remove acme", "account disable acme", "account server acme " + serverA, "register 2e4 --account acme"} {
		h.refuses("carl", line, StatusRefused, `There is no account "acme".`)
	}
	h.refuses("carl", "account show ../x", StatusMisunderstood, "not an account name")
	if log := h.log.String(); !strings.Contains(log, `msg=changed command="account disable carl"`) || !strings.Contains(log, `command="register 2e4" mac=0004132202E4 owner=acme`) || strings.Contains(log, "account list") {
		t.Errorf("the log contains\n%s", log)
	}
}

// Operators see an account's phones, API keys and last login; the account itself only the
// first two.
func TestAccountActivity(t *testing.T) {
	h := newHouse(t)
	acme, err := h.registry.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	h.lastLogin = func(id store.AccountID) (store.Login, bool) {
		at := time.Date(2026, 11, 25, 13, 30, 9, 0, time.UTC)
		return store.Login{Account: id, From: netip.MustParseAddr("192.0.2.1"), At: at}, id == acme.ID
	}
	h.says("acme", "register 2e4", ".*\n")
	if err := h.registry.AddAPIKey(store.Audit{Actor: acme.ID}, false, store.APIKey{ID: "k", Account: acme.ID, Sealed: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	h.says("olga", "account list", `(?s)acme   partner   enabled  1 phone   2026-11-25 13:30 UTC  http://prov.acme.example/\{mac\}\nbare .*`)
	h.says("olga", "account list --json", `(?s)\{"account":"acme",.*"phones":1,"held":0,"quota":1000000,"last_login":\{"at":"2026-11-25T13:30:09Z","from":"192.0.2.1"\}\}\n\{"account":"bare",.*`)
	h.says("olga", "account show acme", `(?s).*\nAPI keys:       1\nPhones:         1 registered.*\nLast login:     2026-11-25 13:30:09 UTC from 192.0.2.1\n`)
	h.says("olga", "account show acme --json", `(?s).*,"api_keys":1,"last_login":\{"at":"2026-11-25T13:30:09Z","from":"192.0.2.1"\}\}\n`)
	h.says("acme", "whoami --json", `.*"api_keys":1,"from":.*\n`)
	h.says("acme", "whoami", `(?s).*\nAPI keys:       1\nPhones: .*\nCreated: [^\n]*\nLogged in: [^\n]*\n`)
}

// BenchmarkAccountList lists 1,000 accounts, for people and for programs.
func BenchmarkAccountList(b *testing.B) {
	h := newHouse(b)
	olga, err := h.registry.AccountNamed("olga")
	if err != nil {
		b.Fatal(err)
	}
	keys, err := store.ParseKeys("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ a b")
	if err != nil {
		b.Fatal(err)
	}
	for n := range 1000 {
		name := store.Name(fmt.Sprintf("partner%03d", n))
		if _, err := h.registry.AddAccount(store.Audit{Actor: olga.ID}, false, store.Account{Name: name, Keys: keys}); err != nil {
			b.Fatal(err)
		}
	}
	for _, line := range []string{"account list", "account list --json", "account show partner500"} {
		b.Run(line, func(b *testing.B) {
			for b.Loop() {
				if _, problems, status := h.at("olga", 0, line, ""); status != StatusDone {
					b.Fatal(problems)
				}
			}
		})
	}
}

func TestKeysFromStandardInput(t *testing.T) {
	h := newHouse(t)
	keys := "# of Acme\n" + strings.Repeat("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ a b\r\n", 2)
	out, problems, status := h.at("olga", 0, "account key acme add -", keys)
	if status != StatusDone || strings.Count(out, "ssh-ed25519 a b") != 2 || problems != "" {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
	for input, want := range map[string]string{
		"":                                      "authorized_keys",
		keys + "nonsense\n":                     "line 4: expected a public key",
		strings.Repeat("x", lineedit.MaxLine+1): "longer than 4096 bytes",
		strings.Repeat("# remark\n", 10000):     "Standard input is longer",
	} {
		_, problems, status := h.at("olga", 0, "account key bravo add -", input)
		if status != StatusMisunderstood || !strings.Contains(problems, want) {
			t.Errorf("%.30q: status %d, %q; want %q", input, status, problems, want)
		}
	}
	h.says("olga", "account key bravo list", "")
}

// Half a key, cut off by a client that has gone, adds none of the keys.
func TestHalfAKey(t *testing.T) {
	h := newHouse(t)
	h.gone = true
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n"
	h.gives("olga", "account key acme add -", key+"ssh-ed2", StatusRefused, "")
	h.gone = false
	h.says("olga", "account key acme list", "")
}
