package shell

import (
	"errors"
	"fmt"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/jobs"
	"snomredirect/store"
)

// tellResult reports what was done to a phone.
func (c *call) tellResult(rule store.Rule, mac macaddr.Addr, out store.Result) error {
	next := out.Next
	next.MAC = mac
	owner, err := c.owner(next)
	if err != nil {
		return err
	}
	object := c.phoneObject(next, owner)
	switch rule {
	case store.RuleRegister:
		c.answer(object, "%v %s. Setting server: %s\n", mac, c.did("registered"), c.registeredWith(out, owner))
	case store.RuleDeregister:
		c.answer(object, "%v %s.\n", mac, c.did("deregistered"))
	case store.RuleTransfer:
		if out.Prev == out.Next {
			c.answer(object, "%v already belongs to %s; nothing %s.\n", mac, owner.Name, c.did("changed"))
			break
		}
		c.answer(object, "%v %s to %s. Setting server: %s\n", mac, c.did("transferred"), owner.Name, c.settingServer(next, owner))
	case store.RuleAnnotate:
		c.tellNote(object, mac, out)
	case store.RuleFree:
		c.answer(object, "%v %s: any account can register it.\n", mac, c.did("freed"))
	}
	return nil
}

// registeredWith is settingServer for a phone that was registered.
func (c *call) registeredWith(out store.Result, owner store.Account) string {
	if c.keepsURLs && !out.Next.URL.IsZero() {
		return c.server(out.Next.URL, "the phone's own, as before; --follow lets it follow the account")
	}
	return c.settingServer(out.Next, owner)
}

// kept words how many phones of a range keep their own URLs, or returns "".
func (c *call) kept(t jobs.Tally) string {
	if t.Kept == 0 || !c.keepsURLs {
		return ""
	}
	return fmt.Sprintf(" Own setting servers as before: %d; --follow lets phones follow the account.", t.Kept)
}

// did returns done, which becomes "would be registered" in a dry run.
func (c *call) did(done string) string {
	if c.dryRun {
		return "would be " + done
	}
	return done
}

// is returns "is", or in a dry run "would be".
func (c *call) is() string { return map[bool]string{false: "is", true: "would be"}[c.dryRun] }

// whyNot words why a phone was not changed. The error is one that is not meant for
// the caller.
func (c *call) whyNot(rule store.Rule, mac macaddr.Addr, out store.Result) (*problem, error) {
	err := c.takenBy(mac, out)
	switch {
	case err != nil:
	case errors.Is(out.Err, store.ErrNoSettingServer):
		err = c.noSettingServer(rule, mac)
	default:
		err = explain(out.Err, mac.String())
	}
	var p *problem
	if !errors.As(err, &p) {
		return nil, err
	}
	return p, nil
}

// noSettingServer says how the phone can get a setting server.
func (c *call) noSettingServer(rule store.Rule, mac macaddr.Addr) error {
	const would = "%v would have no setting server. Give it one, REGISTER %v <url>"
	name, other := c.options["account"]
	switch {
	case rule == store.RuleTransfer:
		return c.noSettingServerOf(mac, c.args[0])
	case other:
		return refused(codeForbidden, would+" --account %s, or give %s one, ACCOUNT SERVER %s <url>.", mac, mac, name, name, name)
	}
	return refused(codeForbidden, would+", or set one for all your phones, SERVER <url>.", mac, mac)
}

// noSettingServerOf says how an account can get one before it gets a phone.
func (c *call) noSettingServerOf(mac macaddr.Addr, name string) error {
	return refused(codeForbidden, "%v would have no setting server. Give %s one first: ACCOUNT SERVER %s <url>.", mac, name, name)
}

// failed returns a problem that has been reported already, if a change failed.
func failed(t jobs.Tally) error {
	if t.Failed == 0 {
		return nil
	}
	return errReported
}
