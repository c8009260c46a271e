package store

import (
	"time"

	"snomredirect/macaddr"
)

// An Entry of the history tells what a command did to one account and its
// phones. What one command did in many transactions is as many entries behind
// each other, with the same Begun, the first of them first.
type Entry struct {
	Account AccountID // whose history it is
	Name    Name      // that account's
	Audit   Audit     // as it was given; without By, for entries outlive accounts
	// Other is the account that the phones came from; where they went Away, the
	// one they went to. It is empty where they stayed.
	Other Name
	Away  bool
	MACs  []macaddr.Range // in order
	Mark  Mark
}

// A Mark is the place of an entry in the history. The zero Mark is the newest
// end.
type Mark struct {
	Begun   int64 // Unix nanoseconds
	Account AccountID
	Number  uint32
}

// IsZero reports whether m is the newest end.
func (m Mark) IsZero() bool { return m == Mark{} }

// Bounds of one account's history. The oldest entries go first.
const (
	HistoryAge     = 365 * 24 * time.Hour
	HistoryEntries = 10_000
	HistoryBytes   = 8 << 20
)
