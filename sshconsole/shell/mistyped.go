package shell

import (
	"fmt"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// spaced refuses a MAC with spaces in it, also as the first one of a range: its
// parts are other phones' short MACs.
func spaced(words []string) error {
	var parts []string
	for _, word := range words {
		part, _, _ := strings.Cut(word, "-")
		parts = append(parts, part)
		if len(parts) == 6 || part != word {
			break
		}
	}
	if mac, n := macaddr.ParseSpaced(parts); n > 0 {
		return misunderstood(codeMalformedMAC, "%q looks like one MAC with spaces: write %v.", strings.Join(words[:n], " "), mac)
	}
	return nil
}

// remarkUnknown warns of phones that may be mistyped. what are one or more of them,
// from an OUI of mac's.
func (s *session) remarkUnknown(what any, mac macaddr.Addr, line int) {
	if mac.IsKnown() {
		return
	}
	text := fmt.Sprintf("Warning: %v is outside %s. Is it mistyped?", what, macaddr.KnownOUIs)
	if line > 0 {
		text = fmt.Sprintf("Line %d: %s", line, text)
	}
	s.notify(text)
}

// mostRemarks bounds the warnings of a list: a million of them would hide the rest.
const mostRemarks = 10

// remark warns of phones of the chunk that were registered and may be mistyped.
func (u *upload) remark() {
	if u.rule != store.RuleRegister {
		return
	}
	for _, c := range u.inOrder(func(c *listedChange) bool { return c.done && !c.MAC.IsKnown() }) {
		if u.unknown++; u.unknown <= mostRemarks {
			u.remarkUnknown(c.MAC, c.MAC, c.line)
		}
	}
}

// remarkRest reports how many phones remark did not name.
func (u *upload) remarkRest() {
	if u.unknown > mostRemarks {
		u.notify(fmt.Sprintf("Warning: %d phones in all are outside %s.", u.unknown, macaddr.KnownOUIs))
	}
}
