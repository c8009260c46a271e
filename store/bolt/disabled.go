package bolt

import "snomredirect/store"

// disabledAccounts are the accounts whose phones are disabled. They are kept in memory,
// so that the look-up of a phone's setting server costs no more than before.
type disabledAccounts map[store.AccountID]bool

func (db *DB) phonesDisabled(id store.AccountID) bool { return (*db.disabled.Load())[id] }

// readDisabled reads the accounts whose phones are disabled, after a change of them
// is on disk and before it is acknowledged. It reads them all, so that of two changes
// at the same time neither is lost.
func (db *DB) readDisabled() error {
	db.disabledMu.Lock()
	defer db.disabledMu.Unlock()
	all, err := db.Accounts()
	if err != nil {
		return err
	}
	disabled := disabledAccounts{}
	for _, a := range all {
		if a.PhonesDisabled {
			disabled[a.ID] = true
		}
	}
	db.disabled.Store(&disabled)
	return nil
}

// PhonesDisabled reports whether an account is disabled together with its phones.
func (db *DB) PhonesDisabled(id store.AccountID) bool { return db.phonesDisabled(id) }
