package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

var errProfile = errors.New("bolt: the record of a provisioning profile is damaged")

// ProvisioningProfiles returns the provisioning profiles of an account, sorted by name.
func (db *DB) ProvisioningProfiles(account store.AccountID) (all []store.ProvisioningProfile, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		all, err = profilesOf(tx, account)
		return err
	})
	return all, err
}

// AddProvisioningProfile stores a new provisioning profile. The error is
// store.ErrNoAccount if there is no such account, store.ErrProfileExists if it has one
// of that name, store.ErrTooManyProfiles or store.ErrTooManyChanges.
func (db *DB) AddProvisioningProfile(audit store.Audit, account store.AccountID, p store.ProvisioningProfile) error {
	return db.update(false, func(tx *writeTx) error {
		all, err := profilesOf(tx.Tx, account)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(all, func(other store.ProvisioningProfile) bool { return other.Name == p.Name }):
			return store.ErrProfileExists
		case len(all) >= store.MaxProvisioningProfiles:
			return store.ErrTooManyProfiles
		}
		v, err := json.Marshal(p)
		if err != nil {
			return err
		}
		return errors.Join(db.noteAccountChange(tx, audit, account), tx.put(bucketProfiles, append(accountKey(account), p.UUID...), v))
	})
}

func profilesOf(tx *bbolt.Tx, account store.AccountID) (all []store.ProvisioningProfile, err error) {
	prefix := accountKey(account)
	c := tx.Bucket(bucketProfiles).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		p, err := decodeProfile(k, v)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b store.ProvisioningProfile) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func decodeProfile(k, v []byte) (p store.ProvisioningProfile, err error) {
	if len(k) < 4 || json.Unmarshal(v, &p) != nil || p.UUID != string(k[4:]) || p.Name == "" {
		return store.ProvisioningProfile{}, errProfile
	}
	return p, nil
}

// deleteProfiles deletes the provisioning profiles of an account.
func deleteProfiles(tx *writeTx, account store.AccountID) error {
	prefix := accountKey(account)
	c := tx.Bucket(bucketProfiles).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Seek(prefix) {
		if err := tx.delete(bucketProfiles, k); err != nil {
			return err
		}
	}
	return nil
}

// checkProfiles checks that each provisioning profile is that of an account, and that no
// two of an account have the same name.
func (c *check) checkProfiles() {
	type named struct {
		id   store.AccountID
		name string
	}
	seen := map[named]bool{}
	c.Profiles = c.each(bucketProfiles, 4+36, func(k, v []byte) {
		id := accountID(k)
		p, err := decodeProfile(k, v)
		switch {
		case err != nil:
			c.add("the record of a provisioning profile of %s is damaged", c.name(id))
		case c.accounts[id] == nil:
			c.add("%s has a provisioning profile and does not exist", c.name(id))
		case seen[named{id, p.Name}]:
			c.add("%s has two provisioning profiles with the name %q", c.name(id), p.Name)
		}
		seen[named{id, p.Name}] = true
	})
}
