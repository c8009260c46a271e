package sshconsole

import (
	"errors"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// maxAtOnce bounds the phones that one line names, and the lines of a list that
// is done as a whole or not at all.
const maxAtOnce = 65_536

// mac reads a MAC as partners type them.
func (c *call) mac(word string) (macaddr.Addr, error) {
	mac, err := macaddr.ParseShort(word)
	if err != nil {
		return mac, misunderstood(malformedMAC, "%q: %v.", word, err)
	}
	return mac, nil
}

// macs reads MACs and ranges of them.
func (c *call) macs(words []string) ([]macaddr.Range, error) {
	var ranges []macaddr.Range
	n := 0
	for _, word := range words {
		if word == "-" {
			return nil, misunderstood(usage, "A - stands alone: it reads MACs from standard input.")
		}
		r, err := macaddr.ParseShortRange(word)
		if err != nil {
			return nil, misunderstood(malformedMAC, "%q: %v.", word, err)
		}
		if n += r.Len(); n > maxAtOnce {
			return nil, misunderstood(usage, "That is more than %d phones, the most for one line: give more lines, or a list on standard input.", maxAtOnce)
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

// url reads a setting server's URL; "" is none.
func (c *call) url(word string) (store.URL, error) {
	if word == "" {
		return store.URL{}, nil
	}
	url, err := c.publicNames.ParseURL(word)
	switch {
	case errors.Is(err, store.ErrPointsBack):
		return url, refused(malformedURL, "%q: %v.", word, err)
	case err != nil:
		return url, misunderstood(malformedURL, "%q: %v.", word, err)
	}
	return url, nil
}

// forAccount returns the account that --account names, or else the caller's.
func (c *call) forAccount() (store.Account, error) {
	if name, ok := c.options["account"]; ok {
		return c.account(name)
	}
	return c.by, nil
}

func register(c *call) error {
	words, last := strings.Split(c.args[0], " "), ""
	if n := len(words) - 1; n > 0 && !looksLikeMAC(words[n]) {
		words, last = words[:n], words[n]
	}
	url, err := c.url(last)
	if p := (*problem)(nil); errors.As(err, &p) && !strings.Contains(last, "/") {
		return misunderstood(malformedMAC, "%q: expected a MAC such as 2e4 or 0004132202E4, a range of them, or as the last word a URL such as http://prov.example.com/{mac}.", last)
	} else if err != nil {
		return err
	}
	owner, err := c.forAccount()
	if err != nil {
		return err
	}
	ranges, err := c.macs(words)
	if err != nil {
		return err
	}
	return c.changeRanges(store.OrderRegister, owner, url, ranges)
}

// looksLikeMAC tells a MAC or a range of them, even one mistyped by length, from
// a URL.
func looksLikeMAC(word string) bool {
	return strings.Trim(strings.ToLower(word), "0123456789abcdef:.-") == ""
}

func deregister(c *call) error { return c.changeNamed(store.OrderDeregister, store.Account{}) }
func free(c *call) error       { return c.changeNamed(store.OrderFree, store.Account{}) }

func transfer(c *call) error {
	to, err := c.account(c.args[1])
	if err != nil {
		return err
	}
	return c.changeNamed(store.OrderTransfer, to)
}

// changeNamed changes the phones that the first argument names.
func (c *call) changeNamed(kind store.Kind, owner store.Account) error {
	ranges, err := c.macs(strings.Split(c.args[0], " "))
	if err != nil {
		return err
	}
	return c.changeRanges(kind, owner, store.URL{}, ranges)
}

// changeRanges changes phones in one order, and answers range by range. owner
// has them then, if kind needs one.
func (c *call) changeRanges(kind store.Kind, owner store.Account, url store.URL, ranges []macaddr.Range) error {
	var changes []store.Change
	for _, r := range ranges {
		for mac := range r.All() {
			changes = append(changes, store.Change{MAC: mac, URL: url})
		}
	}
	outcomes, err := c.registry.Change(store.Order{Cause: c.cause(url.String()), Kind: kind, Owner: owner.ID, Changes: changes})
	if err != nil {
		return explain(err, string(owner.Name))
	}
	w := wording{call: c, kind: kind, owners: map[store.AccountID]store.Account{}}
	if len(changes) == 1 {
		return w.one(changes[0].MAC, outcomes[0])
	}
	all, next := tally{}, 0
	for _, r := range ranges {
		part := tally{}
		for mac := range r.All() {
			out := outcomes[next]
			next++
			part.add(out)
			if out.Err != nil {
				problem, err := w.problem(mac, out)
				if err != nil {
					return err
				}
				_ = c.out.Flush() // what is written before a problem is told before it
				c.complain(problem, 0)
			} else if c.json || r.Len() == 1 {
				if err := w.answer(mac, out); err != nil {
					return err
				}
			}
		}
		if r.Len() > 1 && !c.json {
			c.answer(nil, "%v: %s.\n", r, part.text(kind))
		}
		all.merge(part)
	}
	if len(ranges) > 1 && !c.json {
		c.answer(nil, "%s: %s.\n", many(all.n(), "phone", "phones"), all.text(kind))
	}
	c.noted, c.changed = []any{"phones", all.done + all.changed}, all.done+all.changed > 0
	return all.err()
}

// A wording tells what became of single phones.
type wording struct {
	*call
	kind   store.Kind
	owners map[store.AccountID]store.Account // as they were looked up
}

func (w *wording) one(mac macaddr.Addr, out store.Outcome) error {
	if out.Err != nil {
		problem, err := w.problem(mac, out)
		if err != nil {
			return err
		}
		return problem
	}
	w.noted = []any{"mac", mac.String()}
	for _, p := range []store.Phone{out.Next, out.Prev} {
		if owner, err := w.ownerOf(p); err == nil && owner.ID != 0 {
			w.noted = append(w.noted, "owner", owner.Name)
			break
		}
	}
	return w.answer(mac, out)
}

// ownerOf is owner, with a memory.
func (w *wording) ownerOf(p store.Phone) (a store.Account, err error) {
	a, ok := w.owners[p.Owner]
	if !ok {
		if a, err = w.owner(p); err == nil {
			w.owners[p.Owner] = a
		}
	}
	return a, err
}

// answer tells what was done to a phone.
func (w *wording) answer(mac macaddr.Addr, out store.Outcome) error {
	next := out.Next
	next.MAC = mac
	owner, err := w.ownerOf(next)
	if err != nil {
		return err
	}
	object := w.phoneObject(next, owner)
	switch w.kind {
	case store.OrderRegister:
		w.call.answer(object, "%v registered. Setting server: %s\n", mac, w.settingServer(next, owner))
	case store.OrderDeregister:
		w.call.answer(object, "%v deregistered.\n", mac)
	case store.OrderTransfer:
		w.call.answer(object, "%v transferred to %s. Setting server: %s\n", mac, owner.Name, w.settingServer(next, owner))
	case store.OrderFree:
		w.call.answer(object, "%v freed: anybody may register it.\n", mac)
	}
	return nil
}

// problem tells why nothing was done to a phone. Another error is not for the
// caller.
func (w *wording) problem(mac macaddr.Addr, out store.Outcome) (*problem, error) {
	err := explain(out.Err, mac.String())
	if errors.Is(out.Err, store.ErrNoSettingServer) {
		err = w.noSettingServer(mac)
	}
	if w.kind == store.OrderFree && errors.Is(out.Err, store.ErrNotHeld) && out.Prev.Owner != 0 {
		err = refused(notFound, "%v is registered: DEREGISTER %v first.", mac, mac)
	}
	var p *problem
	if !errors.As(err, &p) {
		return nil, err
	}
	return p, nil
}

// noSettingServer tells how a phone would get one.
func (c *call) noSettingServer(mac macaddr.Addr) error {
	const would = "%v would have no setting server. Give it one, REGISTER %v <url>"
	name, other := c.options["account"]
	switch {
	case strings.EqualFold(c.cmd.name(), "TRANSFER"):
		return refused(forbidden, "%v would have no setting server. Give %s one first: ACCOUNT SERVER %s <url>.", mac, c.args[1], c.args[1])
	case other:
		return refused(forbidden, would+" --account %s, or give %s one, ACCOUNT SERVER %s <url>.", mac, mac, name, name, name)
	}
	return refused(forbidden, would+", or set one for all your phones, SERVER <url>.", mac, mac)
}

// A tally counts outcomes: done are registered, deregistered and so on.
type tally struct{ done, changed, same, failed int }

func (t *tally) add(out store.Outcome) {
	switch {
	case out.Err != nil:
		t.failed++
	case out.Prev == out.Next:
		t.same++
	case out.Prev.Owner == out.Next.Owner && out.Prev.Held() == out.Next.Held():
		t.changed++
	default:
		t.done++
	}
}

func (t *tally) merge(more tally) {
	t.done += more.done
	t.changed += more.changed
	t.same += more.same
	t.failed += more.failed
}

func (t tally) n() int { return t.done + t.changed + t.same + t.failed }

// err is a problem that has been told already, if there was one.
func (t tally) err() error {
	if t.failed == 0 {
		return nil
	}
	return refused(usage, "")
}

var doneWord = map[store.Kind]string{
	store.OrderRegister: "registered", store.OrderDeregister: "deregistered", store.OrderTransfer: "transferred", store.OrderFree: "freed",
}

// text is such as "3 registered, 1 unchanged, 1 failed".
func (t tally) text(kind store.Kind) string {
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{t.done, doneWord[kind]}, {t.changed, "changed"}, {t.same, "unchanged"}, {t.failed, "failed"}} {
		if part.n > 0 {
			parts = append(parts, many(part.n, part.word, part.word))
		}
	}
	if parts == nil {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}
