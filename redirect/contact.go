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
func (q *question) contact(remoteAddr string) store.Contact {
	c := store.Contact{
		MAC:              q.mac,
		From:             store.ClientAddr(remoteAddr),
		At:               time.Now().UTC().Truncate(time.Millisecond),
		Model:            strings.Clone(q.model[:min(len(q.model), maxName)]),
		Answer:           q.outcome.answer(),
		Proven:           q.proven == q.mac,
		OtherCertificate: q.outcome == OtherCertificate,
		OtherMAC:         q.agent.MAC.IsValid() && q.agent.MAC != q.mac,
		OtherModel:       q.agent.Model != "" && !macaddr.SameModel(q.model, q.agent.Model),
	}
	if len(q.agent.Firmware) <= maxName { // cut, it would be another version
		c.Firmware = strings.Clone(q.agent.Firmware)
	}
	return c
}
