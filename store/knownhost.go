package store

import (
	"net/netip"
	"time"
)

// A KnownHost is a host from which an account has logged in.
type KnownHost struct {
	Account AccountID
	Host    netip.Prefix // as [HostOf] returns it
	At      time.Time    // the last login
}
