package store

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// An APIKey lets a partner's tool sign requests for an account. Backends store its JSON
// form.
type APIKey struct {
	ID      string    `json:"-"` // as NewAPIKeyID returns it
	Account AccountID `json:"account"`
	Comment string    `json:"comment,omitempty"` // as ParseAPIComment returns it
	Created time.Time `json:"created"`           // UTC, whole seconds
	// Sealed is the secret, which signatures need in clear. It is encrypted with a key
	// that is not in the database.
	Sealed []byte `json:"sealed"`
}

// MaxAPIKeys is the maximum number of API keys of one account.
const MaxAPIKeys = 20

// NewAPIKeyID returns a random ID of 16 lower-case letters and digits.
func NewAPIKeyID() string { return strings.ToLower(rand.Text()[:16]) }

// NewAPISecret returns a random secret of 52 upper-case letters and digits from an
// alphabet of 32, which is more than 256 bits.
func NewAPISecret() string { return rand.Text() + rand.Text() }

// maxAPIComment is the maximum length of an API key's comment in bytes.
const maxAPIComment = 100

// ParseAPIComment parses what an API key is for, in the words of its owner: up to 100
// bytes of printable text. It drops surrounding white space. The comment may be empty.
func ParseAPIComment(s string) (string, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxAPIComment || !printable(s) {
		return "", fmt.Errorf("expected up to %d bytes of text without control characters", maxAPIComment)
	}
	return s, nil
}
