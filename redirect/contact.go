package redirect

import (
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// maxName bounds what a phone tells of itself: anybody may send a longer one.
// No model or firmware that is real comes near.
const maxName = 32

// contact is what is heard of the phone by this question. It shares no memory
// with the request, which may be a thousand times as large and is soon over.
func (a *answer) contact(remoteAddr string) store.Contact {
	c := store.Contact{
		MAC:              a.mac,
		From:             store.ClientAddr(remoteAddr),
		At:               time.Now().UTC().Truncate(time.Millisecond),
		Model:            strings.Clone(a.model[:min(len(a.model), maxName)]),
		Answer:           a.outcome.answer(),
		Proven:           a.proven == a.mac,
		OtherCertificate: a.outcome == OtherCertificate,
		OtherMAC:         a.agent.MAC.IsValid() && a.agent.MAC != a.mac,
		OtherModel:       a.agent.Model != "" && !macaddr.SameModel(a.model, a.agent.Model),
	}
	if len(a.agent.Firmware) <= maxName { // cut, it would be another version
		c.Firmware = strings.Clone(a.agent.Firmware)
	}
	return c
}
