package shell

import (
	"fmt"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// An Explanation is the reply to a request of a phone, and why.
type Explanation struct {
	MAC         macaddr.Addr // that the request names; the zero Addr if none
	Status      int          // HTTP status
	ContentType string
	Body        []byte
	Because     string // the format and its reason, such as "XML, because the firmware is 7.3.14 …"
	Refusal     string // why the request is refused, or ""
}

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
	if c.json {
		c.object(explanationObject{mac, path, userAgent, e.Status, e.ContentType, string(e.Body), why})
		return nil
	}
	c.field("Request", "GET "+path)
	c.field("User-Agent", userAgent)
	c.field("Reply", fmt.Sprintf("%d, %s, %s", e.Status, e.ContentType, wording.Plural(len(e.Body), "byte", "bytes")))
	c.field("Why", strings.Join(why, "; "))
	c.out.WriteString("\n")
	c.out.Write(e.Body)
	return nil
}

type explanationObject struct {
	MAC         macaddr.Addr `json:"mac"`
	Path        string       `json:"path"`
	UserAgent   string       `json:"user_agent"`
	Status      int          `json:"status"`
	ContentType string       `json:"content_type"`
	Body        string       `json:"body"`
	Why         []string     `json:"why"`
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
