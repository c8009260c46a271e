package store

import (
	"net/netip"
	"time"
)

// A Login is the last login of an account.
type Login struct {
	Account AccountID
	From    netip.Addr
	At      time.Time // UTC
}
