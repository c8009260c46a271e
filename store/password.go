package store

import (
	"crypto/rand"
	"strings"
	"sync"

	"github.com/alexedwards/argon2id"
)

// A PasswordHash is what is kept of a password: argon2id in its PHC string
// form. The zero PasswordHash matches no password.
type PasswordHash string

// What OWASP's password storage guide asks of argon2id: 19 MiB, two passes, one
// lane.
var argon2Params = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// maxPassword bounds, in bytes, what is worth hashing: longer ones were not
// made here.
const maxPassword = 256

// hashing lets one hash be worked out at a time. Two at once on two cores took
// the 99th percentile of the phones' answers from 0.9 to 73 ms, one to 8 ms.
var hashing sync.Mutex

// noPassword is the hash that a password is held against where there is none,
// so that the answer takes as long.
var noPassword = sync.OnceValue(func() PasswordHash { return HashPassword(NewPassword()) })

// NewPassword returns a random password of 20 upper-case letters and digits: of
// 32 kinds, so 100 bits.
func NewPassword() string { return rand.Text()[:20] }

// HashPassword returns a hash of password with a salt of its own.
func HashPassword(password string) PasswordHash {
	hashing.Lock()
	defer hashing.Unlock()
	hash, err := argon2id.CreateHash(password, &argon2Params)
	if err != nil {
		panic("store: " + err.Error()) // crypto/rand fails by ending the program
	}
	return PasswordHash(hash)
}

// Matches reports whether h was made of password. It takes the same time for
// any h, the zero one too, and compares in constant time. Calls wait for each
// other.
func (h PasswordHash) Matches(password string) bool {
	decoy := noPassword() // always, or the first stranger would wait for it to be made
	against, possible := h, h != "" && len(password) <= maxPassword
	if !possible {
		against, password = decoy, strings.Repeat("x", 20)
	}
	hashing.Lock()
	defer hashing.Unlock()
	ok, err := argon2id.ComparePasswordAndHash(password, string(against))
	return err == nil && ok && possible
}
