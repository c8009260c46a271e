package shell

import (
	"fmt"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/explanation"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// explainPhone shows the reply to a phone, byte for byte, and why.
func explainPhone(c *call) error {
	if c.Explain == nil {
		return refused(codeInternal, "EXPLAIN is not available here.")
	}
	k, err := c.look(c.args[0])
	if err != nil {
		return err
	}
	mac := k.phone.MAC
	if k.object.State == stateTaken {
		return refused(codeTaken, "%v is registered by another account.", mac)
	}
	path, userAgent, err := c.request(mac, k.contact)
	if err != nil {
		return err
	}
	e := c.Explain(path, userAgent)
	path, userAgent = store.Printable(path), store.Printable(userAgent)
	if e.MAC.IsValid() && e.MAC != mac {
		return misunderstood(codeUsage, "%q is a request for %v: expected one for %v.", path, e.MAC, mac)
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
	case e.Refusal != "" && e.Status < 500:
		why = []string{"not a phone's request", e.Refusal}
	case e.Refusal != "":
		why = append(why, e.Refusal)
	case !e.MAC.IsValid():
		why = []string{"the request names no MAC"}
	}
	if e.Because != "" {
		why = append(why, e.Because)
	}
	explanation.Explanation{MAC: mac, Path: path, UserAgent: userAgent, Status: e.Status, ContentType: e.ContentType, Body: string(e.Body), Why: why}.Write(c.out, c.json)
	return nil
}

// request returns what the phone requests: what the options say or, without them,
// what it requested last, or what its model requests on its first boot.
func (c *call) request(mac macaddr.Addr, last store.Contact) (path, userAgent string, err error) {
	model := last.Model
	if model == "" {
		model = mac.Model()
	}
	path, given := c.options["path"]
	switch {
	case given && !strings.HasPrefix(path, "/"):
		return "", "", misunderstood(codeUsage, "%q: expected a path such as /snom360/snom360.php?mac=%v.", path, mac)
	case !given && model == "":
		return "", "", misunderstood(codeUsage, "%v is in no known range and has not called: give its request, such as --path /snom360/snom360.php?mac=%v.", mac, mac)
	case !given:
		path = fmt.Sprintf("/%s/%s.php?mac=%v", model, model, mac)
	}
	userAgent, given = c.options["user-agent"]
	if !given && last.Firmware != "" {
		userAgent = fmt.Sprintf("Mozilla/4.0 (compatible; %s-SIP %s)", last.Model, last.Firmware)
	}
	return path, userAgent, nil
}
