package store

import (
	"time"

	"snomredirect/macaddr"
)

// An Entry of the history records what a command changed of one account and its
// phones. A command with several transactions has an entry for each, in the order
// of the transactions and with the same Begun.
type Entry struct {
	Account AccountID // the account whose history contains the entry
	Name    Name      // that account's name
	Audit   Audit     // without Actor, because entries outlive accounts
	// Other is the account that the phones came from or, if Away is set, went to. It
	// is "" if their owner did not change.
	Other Name
	Away  bool
	MACs  []macaddr.Range // sorted
	Mark  Mark
}

// A Mark is the position of an entry in the history. The zero Mark is the position
// after the newest entry.
type Mark struct {
	Begun   int64 // Unix nanoseconds
	Account AccountID
	Number  uint32
}

// IsZero reports whether m is the zero Mark.
func (m Mark) IsZero() bool { return m == Mark{} }

// Bounds of one account's history. The oldest entries are deleted first.
const (
	HistoryAge     = 365 * 24 * time.Hour
	HistoryEntries = 10_000
	HistoryBytes   = 8 << 20
)
