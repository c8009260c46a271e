package store

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// A ProvisioningProfile is a name that a partner's tool has given to a kind of phones. No
// phone has settings of it. Backends store its JSON form.
type ProvisioningProfile struct {
	UUID         string `json:"uuid"`          // as NewUUID returns it
	Name         string `json:"name"`          // as ParseProfileName returns it; no two of an account have the same
	ProductGroup string `json:"product_group"` // a UUID, or ""
}

// MaxProvisioningProfiles is the maximum number of profiles of one account.
const MaxProvisioningProfiles = 100

// maxProfileName is the maximum length of a profile's name in bytes.
const maxProfileName = 200

// ParseProfileName parses a profile's name: 1 to 200 bytes of printable text. It drops
// surrounding white space.
func ParseProfileName(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxProfileName || !printable(s) {
		return "", fmt.Errorf("expected 1 to %d bytes of text without control characters", maxProfileName)
	}
	return s, nil
}

// NewUUID returns a random UUID in its usual form, in lower case (RFC 9562, version 4).
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
