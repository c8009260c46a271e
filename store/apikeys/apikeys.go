// Package apikeys encrypts the secrets of API keys, and checks what is signed with them.
//
// A signature is checked with the secret itself, not with a hash of it. So that a copy of
// the database gives nobody a secret, it is stored encrypted, with a key that is in a file
// of its own. All nodes of a cluster need the same file.
package apikeys

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"snomredirect/store"
)

// A Store looks up API keys and accounts, in their current state. The errors are those of
// package store; any other error means that the store failed.
type Store interface {
	APIKey(id string) (store.APIKey, error)
	Account(store.AccountID) (store.Account, error)
}

// Attempts delays clients that sign with wrong keys, as those that send wrong passwords.
type Attempts interface {
	// Refuse returns store.ErrDenied after a delay, store.ErrBusy, or ctx's error.
	Refuse(ctx context.Context, name string, from netip.Addr) error
	// Remember notes that an account logged in from an address.
	Remember(account store.AccountID, from netip.Addr)
}

// A Keeper makes and checks API keys. Its methods are safe for concurrent use.
type Keeper struct {
	store    Store
	attempts Attempts
	aead     cipher.AEAD
	decoy    string // the secret for IDs that don't exist, so that the check takes as long
	log      *slog.Logger
}

// fileKey is the size of the key in the file, in bytes: that of AES-256.
const fileKey = 32

// NewFile returns the content of a new key file.
func NewFile() []byte {
	key := make([]byte, fileKey)
	_, _ = rand.Read(key) // never fails
	return []byte(hex.EncodeToString(key) + "\n")
}

// New returns a Keeper, given the content of the key file. log receives an error if a
// secret can't be decrypted.
func New(file []byte, s Store, attempts Attempts, log *slog.Logger) (*Keeper, error) {
	key, err := hex.DecodeString(strings.TrimSpace(string(file)))
	if err != nil || len(key) != fileKey {
		return nil, fmt.Errorf("expected %d hex digits", 2*fileKey)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Keeper{store: s, attempts: attempts, aead: aead, decoy: store.NewAPISecret(), log: log}, err
}

// Make returns a new API key of an account, which is not stored yet, and its secret.
func (k *Keeper) Make(account store.AccountID, comment string) (key store.APIKey, secret string) {
	key = store.APIKey{ID: store.NewAPIKeyID(), Account: account, Comment: comment, Created: time.Now().UTC().Truncate(time.Second)}
	secret = store.NewAPISecret()
	key.Sealed = k.aead.Seal(nil, nil, []byte(secret), bound(key))
	return key, secret
}

// bound returns what an encrypted secret belongs to, so that it can't be moved to another
// account in the database.
func bound(key store.APIKey) []byte { return fmt.Appendf(nil, "%d %s", key.Account, key.ID) }

// Login returns the account of an API key, in its current state, if signed returns true
// for the secret. from is the client's address. The error is store.ErrDenied if there is
// no such key, signed returns false, or the account is disabled; store.ErrBusy if too many
// clients with wrong keys wait; or ctx's error. Any other error means that the store
// failed. signed is called once, also if there is no such key.
//
// A right signature is never delayed: nobody can guess one.
func (k *Keeper) Login(ctx context.Context, id string, from netip.Addr, signed func(secret string) bool) (store.Account, error) {
	secret := k.decoy
	key, err := k.store.APIKey(id)
	exists := err == nil
	if exists {
		opened, openErr := k.aead.Open(nil, nil, key.Sealed, bound(key))
		if exists = openErr == nil; exists {
			secret = string(opened)
		} else {
			k.log.Error("an API key can't be decrypted: its key file was lost or replaced; remove it and add a new one", "id", id)
		}
	} else if !errors.Is(err, store.ErrNoAPIKey) {
		return store.Account{}, err
	}
	if !signed(secret) || !exists {
		return store.Account{}, k.attempts.Refuse(ctx, "api "+id, from)
	}
	a, err := k.store.Account(key.Account)
	switch {
	case errors.Is(err, store.ErrNoAccount), err == nil && a.Disabled:
		return store.Account{}, store.ErrDenied
	case err != nil:
		return store.Account{}, err
	}
	k.attempts.Remember(a.ID, from)
	return a, nil
}
