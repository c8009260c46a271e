package shell

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/jobs"
	"snomredirect/sshconsole/usage"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// maxAtOnce bounds the phones that one line names, and the lines of an --atomic
// list.
const maxAtOnce = 65_536

// fewPhones is how many phones a line can change without counting as a job.
const fewPhones = 1000

// mac parses a MAC in the forms that partners type.
func (c *call) mac(word string) (macaddr.Addr, error) {
	mac, err := macaddr.ParseShort(word)
	if err != nil {
		return mac, misunderstood(codeMalformedMAC, "%q: %v.", word, err)
	}
	return mac, nil
}

// macs parses MACs and ranges of them.
func (c *call) macs(words []string) ([]macaddr.Range, error) {
	var ranges []macaddr.Range
	n := 0
	for i, word := range words {
		if err := spaced(words[i:]); err != nil {
			return nil, err
		}
		if word == "-" {
			return nil, misunderstood(codeUsage, "- reads MACs from standard input and can't be combined with other MACs.")
		}
		r, err := macaddr.ParseShortRange(word)
		if err != nil {
			return nil, misunderstood(codeMalformedMAC, "%q: %v.", word, err)
		}
		if n += r.Len(); n > maxAtOnce {
			return nil, misunderstood(codeUsage, "A line can name at most %d phones: use several lines, or a list on standard input.", maxAtOnce)
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

// url parses a setting server's URL; "" is none. If it contains what phones don't
// fill in, the command ends with a notice about the first such URL.
func (c *call) url(word string) (store.URL, error) {
	if word == "" {
		return store.URL{}, nil
	}
	url, err := c.PublicNames.ParseURL(word)
	switch {
	case errors.Is(err, store.ErrPointsBack):
		return url, refused(codeMalformedURL, "%q: %v.", word, err)
	case err != nil:
		return url, misunderstood(codeMalformedURL, "%q: %v.", word, err)
	}
	if c.warning != "" {
		return url, nil
	}
	if p := url.Unfilled(); p != "" {
		c.warning = fmt.Sprintf("%q: phones request %q as it is: they fill in only {mac} and, newer ones, {phone_type}.", word, p)
	}
	return url, nil
}

// forAccount returns the account that --account names, or the caller's.
func (c *call) forAccount() (store.Account, error) {
	if name, ok := c.options["account"]; ok {
		return c.account(name)
	}
	return c.by, nil
}

func register(c *call) error {
	words, last := usage.SplitQuoted(c.list), ""
	if n := len(words) - 1; n > 0 && !looksLikeMAC(words[n]) {
		words, last = words[:n], words[n]
	}
	if i := slices.IndexFunc(words, func(word string) bool { return strings.Contains(word, "://") }); i >= 0 && last == "" {
		return misunderstood(codeUsage, "%q: expected twelve hex digits, and the URL as the last word.", words[i])
	} else if i >= 0 && strings.Contains(last, "://") {
		return misunderstood(codeUsage, "%q and %q are two URLs: expected one, as the last word.", words[i], last)
	}
	if _, follow := c.options["follow"]; follow && last != "" {
		return misunderstood(codeUsage, "%q and --follow: expected a URL, or --follow to let the phones follow the account.", last)
	}
	url, err := c.url(last)
	if p := (*problem)(nil); errors.As(err, &p) && !strings.Contains(last, "/") {
		return misunderstood(codeMalformedMAC, "%q: expected a MAC such as 2e4 or 0004132202E4, a range of them, or as the last word a URL such as http://prov.example.com/{mac}.", last)
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
	return c.changeRanges(store.RuleRegister, owner, url, ranges)
}

// looksLikeMAC tells MACs and ranges, even of the wrong length, from URLs.
func looksLikeMAC(word string) bool {
	return strings.Trim(strings.ToLower(word), "0123456789abcdef:.-") == ""
}

func deregister(c *call) error { return c.changeNamed(store.RuleDeregister, store.Account{}) }
func free(c *call) error       { return c.changeNamed(store.RuleFree, store.Account{}) }

func transfer(c *call) error {
	to, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	return c.changeNamed(store.RuleTransfer, to)
}

// changeNamed changes the phones that the list names.
func (c *call) changeNamed(rule store.Rule, owner store.Account) error {
	ranges, err := c.macs(usage.SplitQuoted(c.list))
	if err != nil {
		return err
	}
	return c.changeRanges(rule, owner, store.URL{}, ranges)
}

// changeRanges changes phones in one batch, and answers range by range. owner is
// the new owner, for the rules that have one.
func (c *call) changeRanges(rule store.Rule, owner store.Account, url store.URL, ranges []macaddr.Range) error {
	_, follow := c.options["follow"]
	c.keepsURLs = rule == store.RuleRegister && url.IsZero() && !follow
	var changes []store.Change
	for _, r := range ranges {
		for mac := range r.All() {
			changes = append(changes, store.Change{MAC: mac, URL: url, KeepURL: c.keepsURLs})
		}
	}
	if len(changes) > fewPhones {
		end, err := c.beginJob()
		if err != nil {
			return err
		}
		defer end(store.Job{})
	}
	_, noHold := c.options["free"]
	batch := store.Batch{Audit: c.undoable(url.String()), Rule: rule, Owner: owner.ID, NoHold: noHold, Changes: changes, DryRun: c.dryRun}
	big, err := c.confirmBatch(batch, owner)
	if err != nil {
		return err
	}
	results, err := c.Registry.Change(batch)
	if err != nil && len(changes) == 1 {
		return explain(err, changes[0].MAC.String())
	}
	if err != nil {
		return explain(err, string(owner.Name))
	}
	if len(changes) == 1 {
		return c.changedOne(rule, changes[0].MAC, results[0])
	}
	defer c.remarkQuota(rule, owner)
	all, next := jobs.Tally{}, 0
	for _, r := range ranges {
		part := jobs.Tally{}
		for mac := range r.All() {
			out := results[next]
			next++
			part.Add(out)
			if out.Err != nil {
				problem, err := c.whyNot(rule, mac, out)
				if err != nil {
					return err
				}
				_ = c.out.Flush() // what was written before a problem is shown before it
				c.complain(problem, 0)
			} else if c.json || r.Len() == 1 {
				if err := c.tellResult(rule, mac, out); err != nil {
					return err
				}
			}
		}
		if r.Len() > 1 && !c.json {
			c.answer(nil, "%v: %s.%s\n", r, part.Text(rule, c.did), c.kept(part))
		}
		all.Merge(part)
		if rule == store.RuleRegister && part.Failed < part.N() {
			_ = c.out.Flush()
			c.remarkUnknown(r, r.First, 0)
		}
	}
	if len(ranges) > 1 && !c.json {
		c.answer(nil, "%s: %s.\n", wording.Plural(all.N(), "phone", "phones"), all.Text(rule, c.did))
	}
	if big && rule == store.RuleRegister {
		server := url
		if url.IsZero() {
			server = owner.SettingServer
		}
		c.tellChanged(all.Changed, server.String())
	}
	c.noted, c.changed = []any{"phones", all.Done + all.Changed}, all.Done+all.Changed > 0
	return failed(all)
}

func (c *call) changedOne(rule store.Rule, mac macaddr.Addr, out store.Result) error {
	if out.Err != nil {
		problem, err := c.whyNot(rule, mac, out)
		if err != nil {
			return err
		}
		return problem
	}
	c.noted = []any{"mac", mac.String()}
	phone := out.Next
	if phone.Owner == 0 {
		phone = out.Prev
	}
	if owner, err := c.owner(phone); err == nil {
		c.noted = append(c.noted, "owner", owner.Name)
	}
	if err := c.tellResult(rule, mac, out); err != nil {
		return err
	}
	if rule == store.RuleRegister {
		_ = c.out.Flush()
		c.remarkUnknown(mac, mac, 0)
	}
	return nil
}
