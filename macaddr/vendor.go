package macaddr

import (
	"slices"
	"strings"
)

// An OUI is the first three bytes of an address, which the IEEE assigns to a vendor.
const (
	ouiSnom    = 0x000413
	ouiSnomNew = 0x1C7126
	ouiRTX     = 0x00087B // made some of snom's DECT bases
)

var knownOUIs = []uint64{ouiSnom, ouiSnomNew, ouiRTX}

// KnownOUIs says in words which OUIs [Addr.IsKnown] knows.
const KnownOUIs = "snom's OUIs (000413, 1C7126) or RTX's (00087B)"

// IsKnown reports whether a has one of snom's OUIs or RTX's, or is in a range that
// [Addr.Model] knows. Phones sold under another brand may have others.
func (a Addr) IsKnown() bool {
	return slices.Contains(knownOUIs, a.n>>ouiBits) || a.Model() != ""
}

// IsSnom reports whether a is a snom phone's: it has one of snom's OUIs, or is in a range
// that [Addr.Model] knows. Of RTX's addresses only those ranges are, because RTX makes
// DECT bases for other brands too.
func (a Addr) IsSnom() bool {
	oui := a.n >> ouiBits
	return oui == ouiSnom || oui == ouiSnomNew || a.Model() != ""
}

// ParseSpaced parses the first words of a line that together are one full address
// with a known OUI, such as 000413 and 2202F1. It returns how many words these are, or
// 0 if there is no such address: short addresses in a row are several phones.
func ParseSpaced(words []string) (a Addr, n int) {
	digits := ""
	for i, word := range words {
		digits += strings.NewReplacer(":", "", ".", "").Replace(word)
		if len(digits) < 12 {
			continue
		}
		a, err := Parse(digits)
		if err != nil || i == 0 || len(digits) > 12 || !slices.Contains(knownOUIs, a.n>>ouiBits) {
			break
		}
		return a, i + 1
	}
	return Addr{}, 0
}
