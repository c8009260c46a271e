package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/ssh"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

// readAdminKeys returns the keys that --admin-key gives, as keys or as files of
// keys.
func readAdminKeys(values []string) ([]store.Key, error) {
	var all []store.Key
	for _, value := range values {
		if value == "" { // an empty environment variable
			continue
		}
		keys, err := store.ParseKeys(value)
		if err != nil {
			text, fileErr := os.ReadFile(value)
			if fileErr != nil {
				return nil, fmt.Errorf("--admin-key %q: neither a readable file (%w) nor a public key: %w", value, errors.Unwrap(fileErr), err)
			}
			if keys, err = store.ParseKeys(string(text)); err != nil {
				return nil, fmt.Errorf("--admin-key %s: %w", value, err)
			}
		}
		all = append(all, keys...)
	}
	return all, nil
}

// ensureAdmin makes sure that an operator can log in. If there are keys, it adds
// them to the operator admin, and creates or enables the account as needed. If
// there are none, nor any account, it creates admin with a password and returns
// the password, which is stored only as a hash.
func ensureAdmin(db *bolt.DB, keys []store.Key, log *slog.Logger) (password string, err error) {
	audit := store.Audit{Command: "serve --admin-key", Begun: time.Now()}
	if len(keys) == 0 {
		audit.Command = "serve"
		accounts, err := db.Accounts()
		if err != nil || len(accounts) > 0 {
			return "", err
		}
		password := store.NewPassword()
		_, err = db.AddAccount(audit, false, store.Account{Name: store.Admin, Role: store.Operator, PasswordHash: store.HashPassword(password)})
		return password, err
	}
	admin, err := adminAccount(db, audit, log)
	if errors.Is(err, store.ErrUnavailable) {
		return "", notAuthorized(log, err)
	}
	if err != nil {
		return "", err
	}
	added := 0
	_, err = db.UpdateAccount(audit, false, admin.ID, func(a *store.Account) (err error) {
		a.Disabled, a.PhonesDisabled = false, false
		added, err = a.AddKeys(keys...)
		return err
	})
	switch {
	case errors.Is(err, store.ErrTooManyKeys):
		return "", fmt.Errorf("--admin-key: admin would have more than %d keys", store.MaxKeys)
	case errors.Is(err, store.ErrUnavailable):
		return "", notAuthorized(log, err)
	case err != nil:
		return "", err
	case added > 0 || admin.Disabled:
		log.Info("operator authorized", "account", store.Admin, "keys_added", added, "enabled", admin.Disabled)
	}
	return "", nil
}

// adminAccount returns the operator admin, and creates it if necessary.
func adminAccount(db *bolt.DB, audit store.Audit, log *slog.Logger) (store.Account, error) {
	admin, err := db.AccountNamed(store.Admin)
	if !errors.Is(err, store.ErrNoAccount) {
		return admin, err
	}
	admin, err = db.AddAccount(audit, false, store.Account{Name: store.Admin, Role: store.Operator})
	switch {
	case errors.Is(err, store.ErrNameTaken): // by another node that starts
		return db.AccountNamed(store.Admin)
	case err == nil:
		log.Info("operator created", "account", store.Admin)
	}
	return admin, err
}

// notAuthorized logs that the keys can't be stored at present. Phones are answered
// nevertheless, and operators who are authorized already can log in.
func notAuthorized(log *slog.Logger, err error) error {
	log.Error("--admin-key: not authorized, because changes can't be stored now: restart when they can", "account", store.Admin, "error", err)
	return nil
}

// showPassword prints the password of the first start to standard error. It is
// not a log record, because logs may be kept.
func showPassword(w io.Writer, password string, console net.Addr, hostKey ssh.PublicKey) {
	_, port, _ := net.SplitHostPort(console.String())
	fmt.Fprintf(w, "First start. The operator admin has this password, which is not shown again:\n\n    %s\n\nLog in with: ssh -p %s admin@localhost\nThe host key's fingerprint is %s.\n\n", password, port, ssh.FingerprintSHA256(hostKey))
}
