package shell

import (
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/apikeys"
	"snomredirect/store"
)

// Phones is what the commands need of a store for phones. Changes are on disk when
// a call returns, and every later call sees them. The errors are those of package
// store; any other means that the store failed.
type Phones interface {
	// Phone returns a phone that is registered or on hold.
	Phone(macaddr.Addr) (store.Phone, error)
	// PhonesOf returns those of some MACs that are registered or on hold, in the order
	// of the MACs.
	PhonesOf([]macaddr.Addr) ([]store.Phone, error)
	// MayKnow returns store.ErrTooManyTaken if an account may not learn now whose
	// phone this is. If it is another account's, this counts.
	MayKnow(by store.Account, p store.Phone) error
	// Phones returns up to n of an owner's phones, or of all phones for owner 0, in
	// the order of their MACs, starting after a MAC. Fewer than n are the last.
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	// Change applies a batch in one transaction. The results are in the order of
	// its changes.
	Change(store.Batch) ([]store.Result, error)
	// Undo undoes the last undoable command of the audit's actor, as a whole or not at all.
	Undo(_ store.Audit, dryRun bool) (store.Undoable, error)
	// Usage returns what an account has of its quota, or all together for 0.
	Usage(store.AccountID) (store.Usage, error)
}

// Claims is what the commands need of a store for claims, under the same conditions
// as [Accounts].
type Claims interface {
	// Claims returns the open claims, oldest first.
	Claims() ([]store.Claim, error)
	MakeClaim(_ store.Audit, dryRun bool, _ macaddr.Addr, life time.Duration) (store.Claim, error)
	ObjectToClaims(_ store.Audit, dryRun bool, _ macaddr.Addr) error
	DecideClaim(_ store.Audit, dryRun bool, _ macaddr.Addr, claimant store.AccountID, grant bool) error
}

// Accounts is what the commands need of a store for accounts, under the same
// conditions as [Phones]. With dryRun the calls return what they would, and change
// nothing.
type Accounts interface {
	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
	Accounts() ([]store.Account, error)
	AddAccount(_ store.Audit, dryRun bool, _ store.Account) (store.Account, error)
	UpdateAccount(_ store.Audit, dryRun bool, id store.AccountID, change func(*store.Account) error) (store.Account, error)
	RemoveAccount(_ store.Audit, dryRun bool, id store.AccountID) error
}

// Records is what the commands need of a store for the history and for jobs.
type Records interface {
	// History returns about n entries of one account's history, or of all for
	// account 0, newest first, starting after a mark; none at the end. With a MAC it
	// returns only entries that name it.
	History(account store.AccountID, mac macaddr.Addr, before store.Mark, n int) ([]store.Entry, error)
	// LastScan returns the latest entry of an account's history about a client that
	// guessed MACs and that names a phone, or store.ErrNotFound.
	LastScan(account store.AccountID, mac macaddr.Addr) (store.Entry, error)
	// Jobs returns an account's jobs that have begun and not ended.
	Jobs(store.AccountID) ([]store.Job, error)
	BeginJob(store.Job) (store.Job, error)
	EndJob(store.Job) error
}

// A Registry stores accounts and phones, and where phones are sent that nobody has
// registered, under the same conditions.
type Registry interface {
	Default() store.Default
	SetDefault(_ store.Audit, dryRun bool, _ store.URL) (store.Default, error)
	Phones
	Claims
	Accounts
	apikeys.Registry
	Records
}
