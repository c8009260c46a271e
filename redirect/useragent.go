package redirect

import (
	"strings"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
)

// A userAgent is what a phone's User-Agent field says about it. It serves to
// choose a format and to show a partner what kind of phone called. It proves
// nothing, because anybody can send any.
type userAgent struct {
	Model    string       // letters and digits as the phone spells them, or ""
	Firmware string       // numbers between dots, or ""
	MAC      macaddr.Addr // the zero Addr if the field has none
	// Desk reports whether the firmware is a desk phone's. DECT bases number
	// their versions differently.
	Desk bool
}

// parseUserAgent parses the User-Agent of a snom phone and skips what it does not
// know. The forms, as seen from real phones:
//
//	Mozilla/4.0 (compatible; snom360-SIP 7.3.14 1.1.3-s)
//	Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 000413922D24 SXM:0)
//	Mozilla/4.0 (compatible; snom720 8.9.3.80)
//	snomD717/10.1.54.13
//	Snom M900 05.20.0001 000413B60001
//	Mozilla/4.0 (compatible; snom m9 9.1.43)
func parseUserAgent(s string) userAgent {
	var ua userAgent
	var afterVendor, afterModel bool // what the previous word was
	var bare string                  // the previous word if it is a model without -SIP, which only a version after it shows
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '(' || r == ')' || r == ';' || r == ',' }) {
		switch model, firmware, ok := modelWord(word, afterVendor); {
		case ua.Model == "" && ok:
			ua.Model = model
			ua.Desk = !afterVendor && !isDECT(model)
			afterModel = firmware == ""
			if isVersion(firmware) {
				ua.Firmware = firmware
			}
		case ua.Model == "" && bare != "" && isVersion(word):
			ua.Model, ua.Firmware = bare, word
			ua.Desk = !isDECT(bare)
		case afterModel:
			afterModel = false
			if isVersion(word) {
				ua.Firmware = word
			}
		}
		bare = ""
		if isSnomModel(word) {
			bare = word
		}
		afterVendor = strings.EqualFold(word, "snom")
		if len(word) == 12 && !ua.MAC.IsValid() {
			if mac, err := macaddr.Parse(word); err == nil {
				ua.MAC = mac
			}
		}
	}
	return ua
}

// modelWord parses a word that names a model: snom360-SIP, snomD717/10.1.54.13,
// or M900 after the vendor's name.
func modelWord(word string, afterVendor bool) (model, firmware string, ok bool) {
	if afterVendor {
		return "snom" + word, "", isModel(word)
	}
	const sip = "-SIP"
	if n := len(word) - len(sip); n > 0 && strings.EqualFold(word[n:], sip) {
		return word[:n], "", isModel(word[:n])
	}
	model, firmware, ok = strings.Cut(word, "/")
	return model, firmware, ok && isSnomModel(model)
}

// isSnomModel reports whether s is a model that begins with the vendor's name.
func isSnomModel(s string) bool {
	return len(s) > 4 && strings.EqualFold(s[:4], "snom") && isModel(s)
}

// isModel reports whether s can be a model: one or more letters and digits.
func isModel(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}

// isDECT reports whether a model is a DECT base, such as snomm9, snomM300 or
// snomM900, and not a desk phone or snomMP.
func isDECT(model string) bool {
	return len(model) > 5 && (model[4] == 'm' || model[4] == 'M') && '0' <= model[5] && model[5] <= '9'
}

func isVersion(s string) bool {
	_, ok := settings.ParseVersion(s)
	return ok
}

// readsXML reports whether a desk phone's firmware reads XML settings.
func readsXML(firmware string) bool {
	v, ok := settings.ParseVersion(firmware)
	return ok && v.ReadsXML()
}
