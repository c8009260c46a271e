package redirect

import (
	"cmp"
	"net/http"
	"net/url"
	"time"
	"unique"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// maxName bounds a model or firmware in a contact, in bytes, because anybody can
// send a longer one. No real name comes close.
const maxName = 32

// contact returns the phone's contact; ok is false if there is none. r is nil if the
// phone sent no HTTP request. The contact shares no memory with the request, which may be
// a thousand times as large and would be kept alive.
func (a *answer) contact(r *http.Request) (c store.Contact, ok bool) {
	mac, model := a.mac, a.model
	if !mac.IsValid() && a.refused() {
		mac, model = macOfRefused(r), cmp.Or(a.model, a.agent.Model)
		c.Refusal = a.because.Error()
	}
	if a.code != "" && a.outcome == Unregistered { // it may not come from the phone
		c.Refusal = "no claim was proven"
	}
	c.MAC = mac
	c.From = a.from
	c.Protocol = a.protocol
	c.Owner = a.owner
	c.At = time.Now().UTC().Truncate(time.Millisecond)
	c.Model = intern(model[:min(len(model), maxName)])
	c.Answer = a.outcome.answer()
	c.Proven = a.proven == mac
	c.OtherCertificate = a.outcome == OtherCertificate
	c.OtherMAC = a.agent.MAC.IsValid() && a.agent.MAC != mac
	c.OtherModel = a.agent.Model != "" && !macaddr.SameModel(model, a.agent.Model)
	if len(a.agent.Firmware) <= maxName { // cut off, it would be another version
		c.Firmware = intern(a.agent.Firmware)
	}
	return c, mac.IsValid()
}

// intern returns a copy of a name. Phones have few different ones, which share theirs.
func intern(name string) string { return unique.Make(name).Value() }

// macOfRefused returns the first MAC that can be read in the path, the query or the
// User-Agent of a request that was refused, or the zero Addr.
func macOfRefused(r *http.Request) macaddr.Addr {
	query, err := url.QueryUnescape(r.URL.RawQuery)
	if err != nil {
		query = r.URL.RawQuery
	}
	for _, text := range [...]string{r.URL.Path, query, r.UserAgent()} {
		if mac := findMAC(text); mac.IsValid() {
			return mac
		}
	}
	return macaddr.Addr{}
}

// findMAC returns the first MAC in a text, with or without separators. It is not
// part of a longer run of hex digits.
func findMAC(text string) macaddr.Addr {
	isDigit := func(i int) bool {
		if i < 0 || i >= len(text) {
			return false
		}
		c := text[i] | 0x20 // lower case
		return '0' <= text[i] && text[i] <= '9' || 'a' <= c && c <= 'f'
	}
	for i := range len(text) {
		if !isDigit(i) || isDigit(i-1) {
			continue
		}
		for _, n := range [...]int{len("0004132202E4"), len("0004-1322-02E4"), len("00:04:13:22:02:E4")} {
			if i+n > len(text) || !isDigit(i+n-1) || isDigit(i+n) {
				continue
			}
			if mac, err := macaddr.Parse(text[i : i+n]); err == nil {
				return mac
			}
		}
	}
	return macaddr.Addr{}
}
