// Package upload checks the settings files that partners upload, and stores those that
// phones can read. Each file is checked as package check does, and a template as it is
// filled in for each phone that has a row in [store.PhonesFile].
package upload

import (
	"context"
	"errors"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
	"snomredirect/store"
)

// A Store stores files. Its methods are called concurrently, and see every change that
// was acknowledged before the call. The errors are those of package store.
type Store interface {
	// Files returns the files of an account that exist.
	Files(store.AccountID) ([]store.File, error)
	// FileSpace returns what an account has of files.
	FileSpace(store.AccountID) (store.FileSpace, error)
	// File returns a version of a file, or the present one for version 0, with its text.
	File(_ store.AccountID, _ store.FileName, version int) (store.File, []byte, error)
	// PutFile and RemoveFile fail with store.ErrFilesChanged if the account's files have
	// another revision, unless it is 0.
	PutFile(_ store.Audit, dryRun bool, _ store.AccountID, revision uint64, _ store.FileName, text []byte) (store.File, error)
	RemoveFile(_ store.Audit, dryRun bool, _ store.AccountID, revision uint64, _ store.FileName) error
	// Phones returns up to n phones that an account has registered, or that are on hold
	// for it, by MAC, after a MAC.
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	// Phone returns a phone that is registered or on hold, or store.ErrNotFound.
	Phone(macaddr.Addr) (store.Phone, error)
}

// A Config configures Uploads. Store and URL are required.
type Config struct {
	Store Store
	// URL returns the URL of an account's files, with a slash at its end.
	URL func(token string) string
	// PublicNames are the names of the redirection service, to which no setting server
	// may send a phone back.
	PublicNames store.PublicNames
}

// Uploads checks and stores files. Its methods are safe for concurrent use. One check
// runs at a time; others wait, those of an account after each other, so that an account
// delays others by one check only.
type Uploads struct {
	Config
	turns   turns
	maxWork int // tests lower it
}

// New returns Uploads.
func New(c Config) *Uploads { return &Uploads{Config: c, turns: newTurns(), maxWork: maxWork} }

// ErrRefused means that nothing was changed, because of the errors among the findings.
var ErrRefused = errors.New("refused by the check")

// attempts bounds how often a check is repeated because files have changed meanwhile.
const attempts = 4

// Put checks a text as the next version of a file, and stores it. The findings are those
// of the check, errors first, at most 100. If errors are among them, the error is
// [ErrRefused]; with force, only if one is of a rule that [Forcible] excludes. Other
// errors are ctx's, store.ErrBusy if the account has too many uploads, and those of
// Store.
func (u *Uploads) Put(ctx context.Context, audit store.Audit, dryRun, force bool, account store.Account, name store.FileName, text []byte) (f store.File, findings []check.Finding, err error) {
	if len(text) > store.MaxFileSize {
		return f, nil, store.ErrFileSize
	}
	findings, err = u.retry(ctx, account.ID, func(c *checking) (revision uint64, err error) {
		if err := c.check(name, text); err != nil {
			return 0, err
		}
		return c.space.Revision, c.refusal(force)
	}, func(revision uint64) (err error) {
		f, err = u.Store.PutFile(audit, dryRun, account.ID, revision, name, text)
		return err
	})
	return f, findings, err
}

// Remove removes a file. [store.PhonesFile] stays while templates need it: the error is
// [ErrRefused], and findings name them. Of any other file, findings are the files that
// lead phones to it.
func (u *Uploads) Remove(ctx context.Context, audit store.Audit, dryRun bool, account store.Account, name store.FileName) (findings []check.Finding, err error) {
	return u.retry(ctx, account.ID, func(c *checking) (revision uint64, err error) {
		look := c.checkUnused
		if name.Fold() != store.PhonesFile {
			look = func() error { return c.checkNamed(name) }
		}
		if err := look(); err != nil {
			return 0, err
		}
		return c.space.Revision, c.refusal(false)
	}, func(revision uint64) error {
		return u.Store.RemoveFile(audit, dryRun, account.ID, revision, name)
	})
}

// retry checks and then changes files, again if they have changed meanwhile. The change
// waits for no turn.
func (u *Uploads) retry(ctx context.Context, account store.AccountID, try func(*checking) (revision uint64, err error), change func(revision uint64) error) (findings []check.Finding, err error) {
	for range attempts {
		var revision uint64
		err = u.turns.run(ctx, account, func() error {
			c, err := u.begin(ctx, account)
			if err != nil {
				return err
			}
			revision, err = try(c)
			findings = c.found.all()
			return err
		})
		if err != nil {
			return findings, err
		}
		if err = change(revision); !errors.Is(err, store.ErrFilesChanged) {
			return findings, err
		}
	}
	return findings, err
}
