package sraps

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"snomredirect/redirect/sraps/hawk"
	"snomredirect/store"
)

// nonceTime is how long a nonce is kept at least: a request can be signed maxSkew ahead,
// and be accepted until maxSkew after that.
const nonceTime = 2 * maxSkew

// Bounds on the nonces of a nonceTime, at some 50 bytes each. Beyond them calls are
// refused: forgetting a nonce would let its request be repeated.
const (
	maxNonces        = 1 << 20
	maxNoncesAccount = 100_000
)

// nonces are the nonces of requests, so that none is repeated. They are forgotten when the
// service restarts. The zero value is ready to use.
type nonces struct {
	mu          sync.Mutex
	now, before generation
	begun       time.Time // of now
}

// A generation is the nonces of a nonceTime.
type generation struct {
	seen   map[[16]byte]struct{} // a hash of the key's ID, the time and the nonce
	counts map[store.AccountID]int
}

// use notes a nonce of an account. The error is a denied one if it was used before, and an
// unavailable one if there are too many.
func (n *nonces) use(account store.AccountID, h hawk.Header, now time.Time) error {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", h.ID, h.TS, h.Nonce))
	key := [16]byte(sum[:])
	n.mu.Lock()
	defer n.mu.Unlock()
	if age := now.Sub(n.begun); age >= nonceTime || n.now.seen == nil {
		if n.before = n.now; age >= 2*nonceTime {
			n.before = generation{}
		}
		n.now, n.begun = generation{map[[16]byte]struct{}{}, map[store.AccountID]int{}}, now
	}
	_, again := n.now.seen[key]
	_, before := n.before.seen[key]
	switch {
	case again || before:
		return denied{challenge, "The same request was sent before: sign each one, with a nonce of its own."}
	case len(n.now.seen) >= maxNonces, n.now.counts[account] >= maxNoncesAccount:
		return unavailable{store.ErrBusy}
	}
	n.now.seen[key] = struct{}{}
	n.now.counts[account]++
	return nil
}
