package redirect

import (
	"net/netip"
	"strings"
	"time"

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
		At:               time.Now().UTC().Truncate(time.Millisecond),
		Model:            strings.Clone(q.model[:min(len(q.model), maxName)]),
		Answer:           q.outcome.answer(),
		Proven:           q.proven == q.mac,
		OtherCertificate: q.outcome == OtherCertificate,
		OtherMAC:         q.agent.MAC.IsValid() && q.agent.MAC != q.mac,
		OtherModel:       q.agent.Model != "" && !sameModel(q.model, q.agent.Model),
	}
	if from, err := netip.ParseAddrPort(remoteAddr); err == nil {
		c.From = from.Addr().Unmap().WithZone("")
	}
	if len(q.agent.Firmware) <= maxName { // cut, it would be another version
		c.Firmware = strings.Clone(q.agent.Firmware)
	}
	return c
}

// sameModel reports whether a phone that calls itself model may ask for path,
// in any case and with "snom" before it or not. An x in path stands for any
// digit, as in the snom3x0 that DHCP gives to all of the 300 series.
func sameModel(path, model string) bool {
	path, model = withoutVendor(path), withoutVendor(model)
	if len(path) != len(model) {
		return false
	}
	for i := range len(path) {
		anyDigit := (path[i] == 'x' || path[i] == 'X') && '0' <= model[i] && model[i] <= '9'
		if !anyDigit && !strings.EqualFold(path[i:i+1], model[i:i+1]) {
			return false
		}
	}
	return true
}

func withoutVendor(model string) string {
	const vendor = "snom"
	if len(model) > len(vendor) && strings.EqualFold(model[:len(vendor)], vendor) {
		return model[len(vendor):]
	}
	return model
}
