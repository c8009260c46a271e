package shell

import (
	"errors"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/claims"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

func (s *session) claims(by store.Account) claims.View {
	return claims.View{Registry: s.Registry, By: by, URL: s.ClaimURL}
}

// claim claims a phone that another account has.
func claim(c *call) error {
	mac, err := c.mac(c.args[0])
	if err != nil {
		return err
	}
	made, err := c.Registry.MakeClaim(c.audit(""), c.dryRun, mac, c.claims(c.by).Life())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return refused(codeNotFound, "%v is not registered: REGISTER %v registers it.", mac, mac)
	case errors.Is(err, store.ErrNoSettingServer):
		return refused(codeForbidden, "%v would have no setting server. Set one for all your phones first: SERVER <url>.", mac)
	case err != nil:
		return explain(err, mac.String())
	case c.dryRun:
		made.Code = "" // it is not stored
	}
	o := c.claims(c.by).Object(made)
	o.DryRun = c.dryRun
	switch until := wording.Timestamp(made.Until); {
	case c.dryRun:
		c.answer(o, "%v would be claimed.\n", mac)
	case o.URL == "":
		c.answer(o, "%v claimed: an operator decides, until %s.\n", mac, until)
	default:
		c.answer(o, "%v claimed. Set the phone's Setting URL to %s and restart it before %s.\n", mac, o.URL, until)
	}
	return nil
}

func claimList(c *call) error {
	return c.claims(c.by).List(func(o claims.Object, words string) { c.answer(o, "%s\n", words) })
}

func claimObject(c *call) error {
	return c.settle("objected. If the phone proves the claim, an operator decides.", func(mac macaddr.Addr) error {
		return c.Registry.ObjectToClaims(c.audit(""), c.dryRun, mac)
	})
}

func claimGrant(c *call) error { return c.decide("claim granted.", true) }
func claimDeny(c *call) error  { return c.decide("claim denied.", false) }

func (c *call) decide(done string, grant bool) error {
	claimant, err := c.account(c.args[1])
	if err != nil {
		return err
	}
	return c.settle(done, func(mac macaddr.Addr) error {
		err := c.Registry.DecideClaim(c.audit(""), c.dryRun, mac, claimant.ID, grant)
		if errors.Is(err, store.ErrNoSettingServer) {
			err = c.noSettingServerOf(mac, c.args[1])
		}
		return err
	})
}

// settle changes the claims to the phone that was typed.
func (c *call) settle(done string, change func(macaddr.Addr) error) error {
	mac, err := c.mac(c.args[0])
	if err == nil {
		err = explain(change(mac), mac.String())
	}
	if err == nil {
		c.answer(claims.Object{MAC: mac.String(), DryRun: c.dryRun}, "%v: %s\n", mac, done)
	}
	return err
}
