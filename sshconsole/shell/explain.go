package shell

import (
	"fmt"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// An Explanation is what a phone would be told, and why.
type Explanation struct {
	MAC         macaddr.Addr // as the question bears it; zero for none
	Status      int          // of HTTP
	ContentType string
	Body        []byte
	Because     string // the reason for the form of the answer, such as "XML, because its firmware is 7.3.14"
}

// explainPhone tells what a phone would be told, byte for byte, and why.
func explainPhone(c *call) error {
	if c.Explain == nil {
		return refused(codeInternal, "This service can't explain.")
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
	if e.MAC.IsValid() && e.MAC != mac {
		return misunderstood(codeUsage, "%q asks for %v: expected a question of %v.", path, e.MAC, mac)
	}
	var why []string
	switch k.object.State {
	case stateRegistered:
		whose := "you"
		if k.phone.Owner != c.by.ID {
			whose = string(k.owner.Name)
		}
		why = append(why, "registered by "+whose, c.settingServer(k.phone, k.owner))
	case stateHeld:
		why = append(why, "not registered any more, but held until "+timestamp(k.phone.HeldUntil))
	default:
		why = append(why, "not registered")
	}
	if !e.MAC.IsValid() {
		why = []string{"the question bears no MAC"}
	}
	if e.Because != "" {
		why = append(why, e.Because)
	}
	if c.json {
		c.object(explanationObject{mac, path, userAgent, e.Status, e.ContentType, string(e.Body), why})
		return nil
	}
	c.field("Question", "GET "+path)
	c.field("User-Agent", userAgent)
	c.field("Answer", fmt.Sprintf("%d, %s, %s", e.Status, e.ContentType, plural(len(e.Body), "byte", "bytes")))
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

// request returns what the phone asks: what the options say or, without them,
// what the phone asked last, or what its model asks on its first boot.
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
		return "", "", misunderstood(codeUsage, "%v is in no known range, and has not called: say what it asks, such as --path /snom360/snom360.php?mac=%v.", mac, mac)
	case !given:
		path = fmt.Sprintf("/%s/%s.php?mac=%v", model, model, mac)
	}
	userAgent, given = c.options["user-agent"]
	if !given && last.Firmware != "" {
		userAgent = fmt.Sprintf("Mozilla/4.0 (compatible; %s-SIP %s)", last.Model, last.Firmware)
	}
	return path, userAgent, nil
}
