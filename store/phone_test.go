package store

import (
	"errors"
	"testing"
	"time"

	"snomredirect/macaddr"
)

var (
	testMAC = macaddr.MustParse("0004132202E4")
	noon    = time.Date(2026, 1, 2, 12, 0, 0, 500, time.FixedZone("", 3600))
	noonUTC = time.Date(2026, 1, 2, 11, 0, 0, 0, time.UTC)
	early   = noonUTC.Add(-24 * time.Hour)
	late    = noonUTC.Add(24 * time.Hour)

	server = RestoreURL("http://prov.acme.example/")
	own    = RestoreURL("http://own.example/")

	acme  = Account{ID: 1, SettingServer: server}
	bare  = Account{ID: 2}
	olga  = Account{ID: 3, Role: Operator}
	fired = Account{ID: 4, Role: Operator, Disabled: true}

	unowned  = Phone{}
	acmes    = Phone{MAC: testMAC, Owner: 1, Registered: early}
	acmesOwn = Phone{MAC: testMAC, Owner: 1, URL: own, Registered: early}
	acmeHeld = Phone{MAC: testMAC, Owner: 1, HeldUntil: late}

	acmesNoted = Phone{MAC: testMAC, Owner: 1, Registered: early, Note: "desk 4"}
)

// with returns a changed copy of p.
func (p Phone) with(change func(*Phone)) Phone { change(&p); return p }

// A ruleCase is a case of a rule: the next state, or the error.
type ruleCase struct {
	prev, next Phone
	err        error
}

func (c ruleCase) check(t *testing.T, name string, next Phone, err error) {
	t.Helper()
	if c.err != nil {
		c.next = c.prev
	}
	if !errors.Is(err, c.err) || next != c.next {
		t.Errorf("%s: %+v, %v; want %+v, %v", name, next, err, c.next, c.err)
	}
}

func TestRegister(t *testing.T) {
	fresh := Phone{MAC: testMAC, Owner: 1, Registered: noonUTC}
	for name, c := range map[string]struct {
		owner Account
		url   URL
		ruleCase
	}{
		"a new one":                 {acme, URL{}, ruleCase{unowned, fresh, nil}},
		"a new one with a URL":      {acme, own, ruleCase{unowned, fresh.with(func(p *Phone) { p.URL = own }), nil}},
		"without any":               {bare, URL{}, ruleCase{unowned, unowned, ErrNoSettingServer}},
		"bare, with a URL":          {bare, own, ruleCase{unowned, Phone{MAC: testMAC, Owner: 2, URL: own, Registered: noonUTC}, nil}},
		"again":                     {acme, URL{}, ruleCase{acmes, acmes, nil}},
		"again, with a URL":         {acme, own, ruleCase{acmes, acmesOwn, nil}},
		"again, without its URL":    {acme, URL{}, ruleCase{acmesOwn, acmes, nil}},
		"again, with a note":        {acme, own, ruleCase{acmesNoted, acmesNoted.with(func(p *Phone) { p.URL = own }), nil}},
		"another's":                 {bare, own, ruleCase{prev: acmes, err: ErrTaken}},
		"another's, without any":    {bare, URL{}, ruleCase{prev: acmes, err: ErrTaken}},
		"another's, as an operator": {olga, own, ruleCase{prev: acmes, err: ErrTaken}},
		"held for it":               {acme, URL{}, ruleCase{acmeHeld, fresh.with(func(p *Phone) { p.Retaken = true }), nil}},
		"held with a URL and a note": {acme, URL{}, ruleCase{acmeHeld.with(func(p *Phone) { p.URL, p.Note = own, "desk 4" }),
			fresh.with(func(p *Phone) { p.Note, p.Retaken = "desk 4", true }), nil}},
		"held for it, without any": {Account{ID: 1}, URL{}, ruleCase{prev: acmeHeld, err: ErrNoSettingServer}},
		"held for another":         {bare, own, ruleCase{prev: acmeHeld, err: ErrTaken}},
		"held, as an operator":     {olga, own, ruleCase{prev: acmeHeld, err: ErrTaken}},
	} {
		next, err := Register(c.prev, testMAC, c.owner, c.url, noon)
		c.check(t, name, next, err)
	}
}

func TestDeregister(t *testing.T) {
	held := Phone{MAC: testMAC, Owner: 1, HeldUntil: noonUTC.Add(time.Hour + time.Second)} // rounded up, because noon has a fraction
	for name, c := range map[string]struct {
		by   Account
		hold time.Duration
		ruleCase
	}{
		"its own":                      {acme, time.Hour, ruleCase{acmes, held, nil}},
		"its own, with a URL":          {acme, time.Hour, ruleCase{acmesOwn, held.with(func(p *Phone) { p.URL = own }), nil}},
		"its own, with a note":         {acme, time.Hour, ruleCase{acmesNoted, held.with(func(p *Phone) { p.Note = "desk 4" }), nil}},
		"with a note, without a hold":  {acme, 0, ruleCase{acmesNoted, unowned, nil}},
		"by an operator":               {olga, time.Hour, ruleCase{acmes, held, nil}},
		"no hold":                      {acme, 0, ruleCase{acmes, unowned, nil}},
		"negative hold":                {acme, -time.Hour, ruleCase{acmes, unowned, nil}},
		"for a nanosecond":             {acme, 1, ruleCase{acmes, held.with(func(p *Phone) { p.HeldUntil = noonUTC.Add(time.Second) }), nil}},
		"another's":                    {bare, time.Hour, ruleCase{prev: acmes, err: ErrTaken}},
		"by one disabled":              {fired, time.Hour, ruleCase{prev: acmes, err: ErrTaken}},
		"unregistered":                 {acme, time.Hour, ruleCase{prev: unowned, err: ErrNotFound}},
		"unregistered, by an operator": {olga, time.Hour, ruleCase{prev: unowned, err: ErrNotFound}},
		"held for it":                  {acme, time.Hour, ruleCase{prev: acmeHeld, err: ErrNotFound}},
		"held, by an operator":         {olga, time.Hour, ruleCase{prev: acmeHeld, err: ErrNotFound}},
		"held for another":             {bare, time.Hour, ruleCase{prev: acmeHeld, err: ErrTaken}},
	} {
		next, err := Deregister(c.prev, c.by, c.hold, noon)
		c.check(t, name, next, err)
	}
	// Without a fraction nothing is rounded.
	if p, err := Deregister(acmes, acme, time.Hour, noonUTC); err != nil || p.HeldUntil != noonUTC.Add(time.Hour) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestRetarget(t *testing.T) {
	other := RestoreURL("http://other.example/")
	for name, c := range map[string]struct {
		by       Account
		was, url URL
		ruleCase
	}{
		"its own URL":           {acme, own, other, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.URL = other }), nil}},
		"to its account's":      {acme, own, URL{}, ruleCase{acmesOwn, acmes, nil}},
		"from its account's":    {acme, URL{}, own, ruleCase{acmes, acmesOwn, nil}},
		"to none":               {Account{ID: 1}, own, URL{}, ruleCase{prev: acmesOwn, err: ErrNoSettingServer}},
		"another URL":           {acme, other, own, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"the account's by name": {acme, server, own, ruleCase{prev: acmes, err: ErrNotFound}},
		"another's":             {bare, own, other, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"by an operator":        {olga, own, other, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"held":                  {acme, URL{}, other, ruleCase{prev: acmeHeld, err: ErrNotFound}},
		"unregistered":          {acme, URL{}, other, ruleCase{prev: unowned, err: ErrNotFound}},
	} {
		next, err := Retarget(c.prev, c.by, c.was, c.url)
		c.check(t, name, next, err)
	}
}

func TestTransfer(t *testing.T) {
	to := Account{ID: 9, SettingServer: server}
	for name, c := range map[string]struct {
		by, to Account
		ruleCase
	}{
		"a phone":                      {olga, to, ruleCase{acmes, acmes.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"with its URL":                 {olga, to, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"with its URL, to one without": {olga, bare, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.Owner = 2 }), nil}},
		"with a note":                  {olga, to, ruleCase{acmesNoted, acmes.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"with a note, to its owner":    {olga, acme, ruleCase{acmesNoted, acmesNoted, nil}},
		"to one without":               {olga, bare, ruleCase{prev: acmes, err: ErrNoSettingServer}},
		"to its owner":                 {olga, acme, ruleCase{acmes, acmes, nil}},
		"by its owner":                 {acme, to, ruleCase{prev: acmes, err: ErrNotOperator}},
		"by who gets it":               {to, to, ruleCase{prev: acmes, err: ErrNotOperator}},
		"by one disabled":              {fired, to, ruleCase{prev: acmes, err: ErrNotOperator}},
		"unregistered":                 {olga, to, ruleCase{prev: unowned, err: ErrNotFound}},
		"unregistered, by a partner":   {acme, to, ruleCase{prev: unowned, err: ErrNotOperator}},
		"held":                         {olga, to, ruleCase{prev: acmeHeld, err: ErrNotFound}},
		"held, to its owner":           {olga, acme, ruleCase{prev: acmeHeld, err: ErrNotFound}},
	} {
		next, err := Transfer(c.prev, c.by, c.to)
		c.check(t, name, next, err)
	}
}

func TestFree(t *testing.T) {
	for name, c := range map[string]struct {
		by Account
		ruleCase
	}{
		"held":                       {olga, ruleCase{acmeHeld, unowned, nil}},
		"by its owner":               {acme, ruleCase{prev: acmeHeld, err: ErrNotOperator}},
		"by one disabled":            {fired, ruleCase{prev: acmeHeld, err: ErrNotOperator}},
		"registered":                 {olga, ruleCase{prev: acmes, err: ErrNotHeld}},
		"unregistered":               {olga, ruleCase{prev: unowned, err: ErrNotHeld}},
		"unregistered, by a partner": {acme, ruleCase{prev: unowned, err: ErrNotOperator}},
	} {
		next, err := Free(c.prev, c.by)
		c.check(t, name, next, err)
	}
}

func TestAnnotate(t *testing.T) {
	noted := acmesOwn.with(func(p *Phone) { p.Note = "desk 4" })
	for name, c := range map[string]struct {
		by   Account
		note Note
		ruleCase
	}{
		"its own":                      {acme, "desk 4", ruleCase{acmesOwn, noted, nil}},
		"another note":                 {acme, "desk 5", ruleCase{noted, acmesOwn.with(func(p *Phone) { p.Note = "desk 5" }), nil}},
		"none":                         {acme, "", ruleCase{noted, acmesOwn, nil}},
		"by an operator":               {olga, "desk 4", ruleCase{acmesOwn, noted, nil}},
		"another's":                    {bare, "desk 4", ruleCase{prev: acmes, err: ErrTaken}},
		"by one disabled":              {fired, "desk 4", ruleCase{prev: acmes, err: ErrTaken}},
		"unregistered":                 {acme, "desk 4", ruleCase{prev: unowned, err: ErrNotFound}},
		"unregistered, by an operator": {olga, "desk 4", ruleCase{prev: unowned, err: ErrNotFound}},
		"held for it":                  {acme, "desk 4", ruleCase{prev: acmeHeld, err: ErrNotFound}},
		"held for another":             {bare, "desk 4", ruleCase{prev: acmeHeld, err: ErrTaken}},
	} {
		next, err := Annotate(c.prev, c.by, c.note)
		c.check(t, name, next, err)
	}
}

func TestPhoneAt(t *testing.T) {
	for name, c := range map[string]struct {
		p    Phone
		at   time.Time
		want Phone
	}{
		"registered":         {acmes, late.Add(time.Hour), acmes},
		"held":               {acmeHeld, noon, acmeHeld},
		"just before":        {acmeHeld, late.Add(-1), acmeHeld},
		"over":               {acmeHeld, late, unowned},
		"over, another zone": {acmeHeld, late.In(time.FixedZone("", 7200)), unowned},
		"long over":          {acmeHeld, late.Add(time.Hour), unowned},
		"unregistered":       {unowned, noon, unowned},
	} {
		if got := c.p.At(c.at); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if unowned.Held() || acmes.Held() || !acmeHeld.Held() {
		t.Error("Held")
	}
}
