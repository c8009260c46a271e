package rds

import (
	"context"
	"errors"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A call is a methodCall and the account that makes it.
type call struct {
	*handler
	methodCall
	ctx         context.Context
	account     store.Account
	from, agent string
	start       time.Time
	// again returns the account as it is now, or why it can no longer call.
	again func() (store.Account, error)
	// deadline is when the last call of a system.multicall starts.
	deadline time.Time
	// budget is how many phones may still be listed. If nil, all may.
	budget *int
}

// run runs the call. The error is a [fault] or the error of a failing store.
func (c *call) run() (reply, error) {
	m, err := find(c.method)
	if err != nil {
		return reply{}, err
	}
	fits := len(c.params) <= len(m.params) && len(c.params) >= len(m.params)-m.optional
	for i := 0; fits && i < len(c.params); i++ {
		fits = c.params[i].fits(m.params[i])
	}
	if !fits {
		return reply{}, faultf(wrongParams, "%s: expected %s.", c.method, m.usage)
	}
	return m.run(c)
}

// maxList bounds the MACs in one call.
const maxList = 65_536

func tooLong() error {
	return faultf(wrongParams, "Expected at most %d MACs: send them in several lists. In a system.multicall, expected at most %d calls.", maxList, maxCalls)
}

// maxEcho bounds what is sent back, in bytes: escaped, it may be six times as long as
// in a compressed call, and a tool that doesn't read it keeps it in memory.
const maxEcho = 64 << 10

func echoString(c *call) (reply, error) {
	if len(c.params[0].text) > maxEcho {
		return reply{}, faultf(wrongParams, "Expected a string of at most %d bytes.", maxEcho)
	}
	return stringReply(c.params[0].text), nil
}

// The refusals of snom's service, and of this one's limits.
var (
	errMalformedMAC = errors.New("Error:malformed_mac")
	errMalformedURL = errors.New("Error:malformed_url")
	errNoSuchMAC    = errors.New("Error:no_such_mac")
	errOwnedByOther = errors.New("Error:owned_by_other_user")
	errQuota        = errors.New("Error:quota_exceeded")
	errTooManyNew   = errors.New("Error:too_many_new_phones_today")
	errTooManyTaken = errors.New("Error:too_many_phones_of_others_today")
)

// replyFor returns the reply of a method that ends with err: "Ok" for nil, or a
// refusal. Any other error is returned.
func replyFor(err error) (reply, error) {
	switch {
	case err == nil:
		return result(true, "Ok"), nil
	case errors.Is(err, store.ErrNotFound):
		err = errNoSuchMAC
	case errors.Is(err, store.ErrTaken):
		err = errOwnedByOther
	case errors.Is(err, store.ErrQuota):
		err = errQuota
	case errors.Is(err, store.ErrTooManyNew):
		err = errTooManyNew
	case errors.Is(err, store.ErrTooManyTaken):
		err = errTooManyTaken
	case err == errMalformedMAC, err == errMalformedURL:
	default:
		return reply{}, err
	}
	return result(false, err.Error()), nil
}

// parseMAC parses a whole MAC in any notation. Tools send no short forms. If a tool
// sent a number that is not, literally, a MAC, the error is a fault: it may have
// been one before the tool converted it.
func parseMAC(v value) (macaddr.Addr, error) {
	s := strings.TrimSpace(v.text)
	a, err := macaddr.Parse(s)
	switch {
	case v.kind == integer && err != nil, v.kind == decimal && (err != nil || converted(s)):
		return macaddr.Addr{}, faultf(wrongParams, "Expected a MAC as a string, not the number %.40q: a number loses the zeros at the beginning of a MAC, and the digits around an E.", s)
	case err != nil:
		return a, errMalformedMAC
	}
	return a, nil
}

// converted reports whether a decimal of twelve digits may be what 0004132202E5 is
// as a number, 413220200000. As text, it still has its zeros or its E.
func converted(s string) bool { return s[0] != '0' && !strings.ContainsAny(s, "Ee") }

// ownPhone returns the account's phone whose MAC is the first parameter.
func (c *call) ownPhone() (store.Phone, error) {
	a, err := parseMAC(c.params[0])
	if err != nil {
		return store.Phone{}, err
	}
	p, err := c.Phones.Phone(a)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return p, err
	}
	switch limited := c.Phones.MayKnow(c.account, p); {
	case limited != nil:
		return p, limited
	case err == nil && p.Owner != c.account.ID:
		return p, store.ErrTaken
	case err == nil && p.Held():
		return p, store.ErrNotFound
	}
	return p, err
}

func checkPhone(c *call) (reply, error) {
	_, err := c.ownPhone()
	return replyFor(err)
}

func getRedirection(c *call) (reply, error) {
	p, err := c.ownPhone()
	if err != nil {
		return replyFor(err)
	}
	company := c.account.Company
	if company == "" {
		company = string(c.account.Name)
	}
	return result(true, company, p.SettingServer(c.account).String()), nil
}

// register registers phones for the account, with a URL of their own.
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

// macs returns the MACs of the first parameter, a MAC or an array, without
// duplicates.
func (c *call) macs() ([]macaddr.Addr, error) {
	items := c.params[:1]
	if c.params[0].kind == array {
		items = c.params[0].items
	}
	if len(items) > maxList {
		return nil, tooLong()
	}
	all, seen := make([]macaddr.Addr, 0, len(items)), make(map[macaddr.Addr]bool, len(items))
	for _, item := range items {
		a, err := parseMAC(item)
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

// change changes all phones or none. If phones are refused, the error is that of
// the first.
func (c *call) change(rule store.Rule, macs []macaddr.Addr, url store.URL) error {
	if len(macs) == 0 {
		return nil
	}
	batch := store.Batch{
		Audit: store.Audit{Actor: c.account.ID, Name: c.account.Name, RemoteAddr: c.from, Credential: "password", Agent: c.agent, Begun: c.start, Command: c.method, Detail: url.String()},
		Rule:  rule, Owner: c.account.ID, From: c.account.ID, Atomic: true,
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
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
		if r.Prev != r.Next {
			changed++
		}
	}
	if changed > 0 {
		attrs := []any{"account", c.account.Name, "from", c.from, "by", "password over XML-RPC", "user_agent", c.agent, "command", strings.TrimSpace(c.method + " " + url.String()), "phones", changed}
		if len(macs) == 1 {
			attrs = append(attrs, "mac", macs[0].String())
		}
		c.Log.Info("changed", attrs...)
	}
	return nil
}
