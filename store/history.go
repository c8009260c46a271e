package store

import (
	"strings"
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
	Node    string    // the node of the cluster on which the command ran, for operators; "" without a cluster
	// Other is the account that the phones came from or, if Away is set, went to. It
	// is "" if their owner did not change.
	Other Name
	Away  bool
	MACs  []macaddr.Range // sorted
	// Was is the setting server that the account or each of the phones had as its own
	// before, if a command has replaced it and it was the same for all.
	Was  URL
	Mark Mark
	// Times is how many commands the entry records, which are joined if they are
	// alike and begin within [JoinTime]; MACs are those of all of them. At least 1.
	Times int
	Last  time.Time // when the last of them began
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

// HistoryAge is how long entries are kept.
const HistoryAge = 365 * 24 * time.Hour

// A Class is a part of an account's history that has bounds of its own, so that a
// flood of entries of one class deletes none of the others.
type Class uint8

const (
	AboutAccounts Class  = iota // and keys, passwords, setting servers, claims, transfers
	AboutPhones                 // that are registered, deregistered, retargeted or freed
	FromStrangers               // what unauthenticated clients caused
	AboutFiles                  // that are uploaded, removed or read by an operator
	Classes       = iota        // the number of classes
)

// CommandScan is the command of the service's entry about requests of a client that
// guesses MACs. The entry has no actor, and the client's address.
const CommandScan = "SCAN"

// CommandClaimProven is the command of the service's entries about a phone that has
// proven a claim.
const CommandClaimProven = "CLAIM PROVEN"

// CommandFile begins the commands of entries about files.
const CommandFile = "FILE "

// Class returns the class of an entry.
func (e Entry) Class() Class {
	switch {
	case e.Audit.Name == "" && e.Audit.Command == CommandScan:
		return FromStrangers
	case strings.HasPrefix(e.Audit.Command, CommandFile):
		return AboutFiles
	case len(e.MACs) == 0, e.Other != "", strings.HasPrefix(e.Audit.Command, "CLAIM"):
		return AboutAccounts
	}
	return AboutPhones
}

// Bounds returns the maximum numbers of entries of a class, and of their bytes, in
// one account's history. The oldest entries are deleted first.
func (c Class) Bounds() (entries, bytes int) {
	switch c {
	case FromStrangers:
		return 1000, 1 << 20
	case AboutAccounts: // more than a year of MaxOwnChanges a day
		return 20_000, 16 << 20
	case AboutFiles: // ten times as many as the files of an account by default
		return 10_000, 4 << 20
	}
	return 10_000, 8 << 20
}

// JoinTime is how long after the beginning of an entry a command that differs from it
// only in its phones extends the entry.
const JoinTime = 10 * time.Minute

// MaxOwnChanges is how many entries about itself a partner can cause in a day, so that
// within a year it pushes none out of its history. Further changes are refused.
const MaxOwnChanges = 50
