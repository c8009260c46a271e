package rds

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A method is one row of the table that calls are held against.
type method struct {
	params   []kind // what it takes; null stands in for an empty text
	optional int    // how many of them may be left out, at the end
	usage    string // its parameters in words
	run      func(*call) (reply, error)
}

var methods = map[string]method{
	"network.echo":                 {[]kind{text}, 0, "a string", echoed},
	"redirect.registerPhone":       {[]kind{text, text}, 0, "a MAC and a URL as strings", register},
	"redirect.registerPhoneList":   {[]kind{array, text}, 0, "an array of MACs and a URL as strings", register},
	"redirect.deregisterPhone":     {[]kind{text}, 0, "a MAC as a string", deregister},
	"redirect.deregisterPhoneList": {[]kind{array}, 0, "an array of MACs as strings", deregister},
	"redirect.checkPhone":          {[]kind{text}, 0, "a MAC as a string", check},
	"redirect.listPhones":          {[]kind{text, text}, 1, "a model and perhaps a URL, as strings or nil", listPhones},
	"redirect.getPhoneRedirection": {[]kind{text}, 0, "a MAC as a string", redirection},
}

// A call is one methodCall with who makes it.
type call struct {
	*handler
	methodCall
	ctx         context.Context
	by          store.Account
	from, agent string
	begun       time.Time
}

// run answers a call. The error is a [fault] or a failing store's.
func (c *call) run() (reply, error) {
	m, ok := methods[c.method]
	if !ok {
		return reply{}, faultf(unknownMethod, "Expected one of the methods %s, and not %.80q.", strings.Join(slices.Sorted(maps.Keys(methods)), ", "), c.method)
	}
	fits := len(c.params) <= len(m.params) && len(c.params) >= len(m.params)-m.optional
	for i := 0; fits && i < len(c.params); i++ {
		v := &c.params[i]
		if v.kind == null && m.params[i] == text {
			v.kind = text
		}
		fits = v.kind == m.params[i]
		for _, item := range v.items {
			fits = fits && item.kind == text
		}
	}
	if !fits {
		return reply{}, faultf(wrongParams, "%s: expected %s.", c.method, m.usage)
	}
	return m.run(c)
}

// maxList bounds the MACs of one call.
const maxList = 65_536

func tooLong() error {
	return faultf(wrongParams, "Expected at most %d MACs: send them in several lists.", maxList)
}

func echoed(c *call) (reply, error) { return one(c.params[0].text), nil }

// What snom's service refuses with.
var (
	errMalformedMAC = errors.New("Error:malformed_mac")
	errMalformedURL = errors.New("Error:malformed_url")
	errNoSuchMAC    = errors.New("Error:no_such_mac")
	errOwnedByOther = errors.New("Error:owned_by_other_user")
)

// replyFor replies what a method refuses, or else that it is done.
func replyFor(err error) (reply, error) {
	switch {
	case err == nil:
		return result(true, "Ok"), nil
	case errors.Is(err, store.ErrNotFound):
		err = errNoSuchMAC
	case errors.Is(err, store.ErrTaken):
		err = errOwnedByOther
	case err == errMalformedMAC, err == errMalformedURL:
	default:
		return reply{}, err
	}
	return result(false, err.Error()), nil
}

// mac reads a MAC: a whole one, in any case, for tools send no short ones.
func mac(s string) (macaddr.Addr, error) {
	a, err := macaddr.Parse(strings.TrimSpace(s))
	if err != nil {
		return a, errMalformedMAC
	}
	return a, nil
}

// mine returns the phone that the first parameter names, if it is the caller's.
func (c *call) mine() (store.Phone, error) {
	a, err := mac(c.params[0].text)
	if err != nil {
		return store.Phone{}, err
	}
	p, err := c.Phones.Phone(a)
	switch {
	case err == nil && p.Owner != c.by.ID:
		return p, store.ErrTaken
	case err == nil && p.Held():
		return p, store.ErrNotFound
	}
	return p, err
}

func check(c *call) (reply, error) {
	_, err := c.mine()
	return replyFor(err)
}

func redirection(c *call) (reply, error) {
	p, err := c.mine()
	if err != nil {
		return replyFor(err)
	}
	company := c.by.Company
	if company == "" {
		company = string(c.by.Name)
	}
	return result(true, company, p.SettingServer(c.by).String()), nil
}

// register gives phones to the caller, with a URL of their own.
func register(c *call) (reply, error) {
	macs, err := c.macs()
	if err != nil {
		return replyFor(err)
	}
	url, err := c.PublicNames.ParseURL(strings.TrimSpace(c.params[1].text))
	if err != nil {
		return replyFor(errMalformedURL)
	}
	return replyFor(c.change(store.RuleRegister, macs, url))
}

func deregister(c *call) (reply, error) {
	macs, err := c.macs()
	if err != nil {
		return replyFor(err)
	}
	return replyFor(c.change(store.RuleDeregister, macs, store.URL{}))
}

// macs reads the first parameter, a MAC or an array of them, each of them once.
func (c *call) macs() ([]macaddr.Addr, error) {
	items := c.params[0].items
	if c.params[0].kind == text {
		items = c.params[:1]
	}
	if len(items) > maxList {
		return nil, tooLong()
	}
	all, seen := make([]macaddr.Addr, 0, len(items)), make(map[macaddr.Addr]bool, len(items))
	for _, item := range items {
		a, err := mac(item.text)
		if err != nil {
			return nil, err
		}
		if !seen[a] {
			seen[a] = true
			all = append(all, a)
		}
	}
	return all, nil
}

// change changes all phones or none. The error is that of the first of them that
// is refused.
func (c *call) change(kind store.Rule, macs []macaddr.Addr, url store.URL) error {
	if len(macs) == 0 {
		return nil
	}
	batch := store.Batch{
		Audit: store.Audit{Actor: c.by.ID, Name: c.by.Name, RemoteAddr: c.from, Credential: "password", Agent: c.agent, Begun: c.begun, Command: c.method, Detail: url.String()},
		Rule:  kind, Owner: c.by.ID, From: c.by.ID, Atomic: true,
		Changes: make([]store.Change, len(macs)),
	}
	for i, a := range macs {
		batch.Changes[i] = store.Change{MAC: a, URL: url}
	}
	results, err := c.Phones.Change(batch)
	if err != nil {
		return err
	}
	changed := 0
	for _, out := range results {
		if out.Err != nil {
			return out.Err
		}
		if out.Prev != out.Next {
			changed++
		}
	}
	if changed > 0 {
		about := []any{"account", c.by.Name, "from", c.from, "by", "password over XML-RPC", "user_agent", c.agent, "command", fmt.Sprint(c.method, " ", url), "phones", changed}
		if len(macs) == 1 {
			about = append(about, "mac", macs[0].String())
		}
		c.Log.Info("changed", about...)
	}
	return nil
}
