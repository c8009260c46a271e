package store

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseName(t *testing.T) {
	for _, s := range []string{"ac", "acme", "a.b_c-9", strings.Repeat("a", 32)} {
		if n, err := ParseName(s); err != nil || string(n) != s {
			t.Errorf("%q: %q, %v", s, n, err)
		}
	}
	for _, s := range []string{"", "a", "Acme", "9acme", "-acme", "ac me", "ac/me", "acmé", "acme\n", strings.Repeat("a", 33)} {
		if n, err := ParseName(s); err == nil || n != "" {
			t.Errorf("accepted %q", s)
		}
	}
}

func TestParseCompany(t *testing.T) {
	if s, err := ParseCompany("  ACME Télécom <GmbH> & Co. "); err != nil || s != "ACME Télécom <GmbH> & Co." {
		t.Errorf("%q, %v", s, err)
	}
	for _, s := range []string{"a\x1b[2Jb", "a\nb", "a\x00", "a\u009bb", "a\xff", "a\u202eb", strings.Repeat("x", 201)} {
		if got, err := ParseCompany(s); err == nil || got != "" {
			t.Errorf("accepted %q", s)
		}
	}
}

func FuzzParseNames(f *testing.F) {
	f.Add("acme")
	f.Add("ACME \x1b[2J")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseName(s); err == nil && (string(n) != s || !printable(s) || strings.ContainsAny(s, " /:@\"'\\")) {
			t.Fatalf("accepted name %q", s)
		}
		if c, err := ParseCompany(s); err == nil && (!printable(c) || len(c) > maxCompany || c != strings.TrimSpace(s)) {
			t.Fatalf("company %q: accepted as %q", s, c)
		}
	})
}

func TestParseRole(t *testing.T) {
	for s, want := range map[string]Role{"partner": Partner, "OPERATOR": Operator} {
		if r, err := ParseRole(s); err != nil || r != want {
			t.Errorf("%q: %v, %v", s, r, err)
		}
	}
	if _, err := ParseRole("root"); err == nil {
		t.Error("accepted root")
	}
}

func TestKeysOfAnAccount(t *testing.T) {
	keys := make([]Key, MaxKeys+1)
	for i := range keys {
		var err error
		if keys[i], err = ParseKey(ed25519Line(t)); err != nil {
			t.Fatal(err)
		}
	}
	var a Account
	if added, err := a.AddKeys(keys[0], keys[1], keys[0]); added != 2 || err != nil {
		t.Fatalf("added %d, %v", added, err)
	}
	before := a
	if added, err := a.AddKeys(keys...); added != 0 || err != ErrTooManyKeys || len(a.Keys) != 2 {
		t.Fatalf("added %d, %v; %d keys", added, err, len(a.Keys))
	}
	if err := a.RemoveKey(keys[0].Fingerprint()); err != nil || len(a.Keys) != 1 || a.Keys[0] != keys[1] {
		t.Fatalf("%v, %v", a.Keys, err)
	}
	if before.Keys[0] != keys[0] {
		t.Error("the keys of a copy of the account changed")
	}
	if err := a.RemoveKey(keys[0].Fingerprint()); err != ErrNoKey {
		t.Errorf("removed twice: %v", err)
	}
}

func TestAccountRules(t *testing.T) {
	server := RestoreURL("http://prov.acme.example/")
	op := Account{ID: 1, Name: "olga", Role: Operator}
	partner := Account{ID: 2, Name: "acme", SettingServer: server}
	with := func(a Account, change func(*Account)) Account { change(&a); return a }
	keyed := with(partner, func(a *Account) { a.Keys = make([]Key, 1) })
	admin := Account{ID: 3, Name: Admin, Role: Operator}
	for name, c := range map[string]struct {
		prev, next Account
		by         AccountID
		others     int
		want       error
	}{
		"no change":              {op, op, 9, 0, nil},
		"demote the last":        {op, with(op, func(a *Account) { a.Role = Partner }), 9, 0, ErrLastOperator},
		"disable the last":       {op, with(op, func(a *Account) { a.Disabled = true }), 9, 0, ErrLastOperator},
		"demote one of two":      {op, with(op, func(a *Account) { a.Role = Partner }), 9, 1, nil},
		"disable a partner":      {partner, with(partner, func(a *Account) { a.Disabled = true }), 9, 0, nil},
		"demote a disabled one":  {with(op, func(a *Account) { a.Disabled = true }), with(op, func(a *Account) { a.Disabled = true; a.Role = Partner }), 9, 1, nil},
		"empty a setting server": {partner, with(partner, func(a *Account) { a.SettingServer = URL{} }), 9, 1, ErrNoSettingServer},
		"leave it unset":         {op, with(op, func(a *Account) { a.Company = "x" }), 9, 1, nil},
		"make admin a partner":   {with(op, func(a *Account) { a.Name = Admin }), with(op, func(a *Account) { a.Name = Admin; a.Role = Partner }), 9, 1, ErrAdminName},
		"too many keys":          {partner, with(partner, func(a *Account) { a.Keys = make([]Key, MaxKeys+1) }), 9, 1, ErrTooManyKeys},
		"one's own last key":     {keyed, partner, 2, 1, ErrLastCredential},
		"a partner's last key":   {keyed, partner, 1, 1, nil},
		"one's own password":     {with(keyed, func(a *Account) { a.PasswordHash = "x" }), keyed, 2, 1, nil},
		"key for a password":     {keyed, with(partner, func(a *Account) { a.PasswordHash = "x" }), 2, 1, nil},
		"admin's last password":  {with(admin, func(a *Account) { a.PasswordHash = "x" }), admin, 1, 1, ErrLastCredential},
		"admin has none anyway":  {admin, with(admin, func(a *Account) { a.Company = "x" }), 1, 1, nil},
	} {
		if err := CheckUpdate(c.prev, c.next, c.by, c.others); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for name, next := range map[string]Account{
		"another id":   with(partner, func(a *Account) { a.ID = 3 }),
		"another name": with(partner, func(a *Account) { a.Name = "evil" }),
		"another date": with(partner, func(a *Account) { a.Created = time.Unix(1, 0) }),
	} {
		if err := CheckUpdate(partner, next, 1, 1); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := CheckAdd(Account{Name: Admin}); err != ErrAdminName {
		t.Errorf("a partner named admin: %v", err)
	}
	for name, c := range map[string]struct {
		a      Account
		phones bool
		others int
		want   error
	}{
		"a partner":   {partner, false, 1, nil},
		"with phones": {partner, true, 1, ErrOwnsPhones},
		"the last":    {op, false, 0, ErrLastOperator},
		"one of two":  {op, false, 1, nil},
	} {
		if err := CheckRemove(c.a, c.phones, c.others); err != c.want {
			t.Errorf("remove %s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAccountJSON(t *testing.T) {
	k, err := ParseKey(sampleKey)
	if err != nil {
		t.Fatal(err)
	}
	a := Account{Name: "acme", Role: Operator, Company: "ACME <&>", Keys: []Key{k}, PasswordHash: "x", Disabled: true, Created: time.Unix(1e9, 0).UTC()}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back Account
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Keys[0] != k || back.Name != a.Name || back.Role != a.Role || back.Company != a.Company || back.PasswordHash != "x" || !back.Disabled || back.Created != a.Created {
		t.Errorf("%s came back as %+v", text, back)
	}
}
