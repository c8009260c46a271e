package shell

import (
	"snomredirect/sshconsole/explanation"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// explainPhone shows the reply to a phone, byte for byte, and why.
func explainPhone(c *call) error {
	if c.Explain == nil {
		return refused(codeInternal, "EXPLAIN is not available here.")
	}
	mac, err := c.mac(c.args[0])
	if err != nil {
		return err
	}
	k, err := c.look(mac)
	if err != nil {
		return err
	}
	if k.object.State == stateTaken {
		return refused(codeTaken, "%v is registered by another account.", mac)
	}
	if _, pnp := c.options["pnp"]; pnp && !c.PnP {
		return refused(codeForbidden, "There is no Plug & Play here: the service runs without --pnp.")
	} else if !c.PnP {
		k.contact.Protocol = 0 // it may be of an earlier run, with --pnp
	}
	request, err := explanation.RequestOf(mac, k.contact, c.options)
	if err != nil {
		return misunderstood(codeUsage, "%v.", err)
	}
	e := c.Explain(request)
	if e.MAC.IsValid() && e.MAC != mac {
		return misunderstood(codeUsage, "%q is a request for %v: expected one for %v.", store.Printable(request.Path), e.MAC, mac)
	}
	var why []string
	switch k.object.State {
	case stateRegistered:
		whose := "you"
		if k.phone.Owner != c.by.ID {
			whose = string(k.owner.Name)
		}
		why = append(why, "registered by "+whose, c.settingServer(k.phone, k.owner))
		if k.owner.PhonesDisabled {
			why = append(why, string(k.owner.Name)+" is disabled with its phones, which get the empty file")
		}
	case stateHeld:
		why = append(why, "no longer registered, but on hold until "+wording.Timestamp(k.phone.HeldUntil))
	default:
		why = append(why, "not registered")
	}
	switch {
	case e.Refusal != "" && 400 <= e.Status && e.Status < 500:
		why = []string{"not a phone's request", e.Refusal}
	case e.Refusal != "":
		why = append(why, e.Refusal)
	case !e.MAC.IsValid():
		why = []string{"the request names no MAC"}
	}
	if e.Because != "" {
		why = append(why, e.Because)
	}
	explanation.Explanation{Request: request, Reply: e, Why: why}.Write(c.out, c.json)
	return nil
}
