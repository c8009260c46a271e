// Package files reads and words an account's setting files for the console: uploads,
// lists, versions and archives. It stores nothing itself.
package files

import (
	"context"
	"errors"
	"fmt"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/findings"
	"snomredirect/store"
)

// A Store is what the console needs of a store for files. The errors are those of
// package store.
type Store interface {
	// Files returns the files of an account that exist, by folded name.
	Files(store.AccountID) ([]store.File, error)
	// HasFolder reports whether files of an account are in a folder, at whatever depth.
	HasFolder(store.AccountID, store.FileName) (bool, error)
	// FileVersions returns the versions of a file, newest first, or store.ErrNoFile.
	FileVersions(store.AccountID, store.FileName) ([]store.File, error)
	// File returns a version of a file with its text, or the present one for version
	// 0. The error is store.ErrNoFile if there is none, or if it is a removal.
	File(_ store.AccountID, _ store.FileName, version int) (store.File, []byte, error)
	FileSpace(store.AccountID) (store.FileSpace, error)
	// MakeFileToken gives an account a new token, or its first one. If the account's
	// setting server was url of the old one, it becomes url of the new one.
	MakeFileToken(_ store.Audit, dryRun bool, _ store.AccountID, url func(token string) store.URL) (store.FileSpace, error)
	// ServeFiles makes the files of an account its setting server, at the url of its token,
	// which it gets if it has none. In a dry run the setting server that is returned is
	// then zero.
	ServeFiles(_ store.Audit, dryRun bool, _ store.AccountID, url func(token string) store.URL) (store.Account, error)
	// EnsureFileToken gives an account a token if it has none.
	EnsureFileToken(store.AccountID) (store.FileSpace, error)
	// NoteFileRead records in an account's history that an operator has read a file.
	NoteFileRead(store.Audit, store.AccountID, store.FileName) error
}

// A Config is what the console knows of files. All fields must be set. Its functions may
// be called concurrently.
type Config struct {
	Store Store
	// URL returns the URL of the files of the account with a token. It ends in "/".
	URL func(token string) store.URL
	// IsTemplate reports whether a text depends on the phone that gets it.
	IsTemplate func(text []byte) bool
	// Fill returns what a phone gets from the text of a template, given that of phones.csv
	// and the URL of the files, or ErrNoRow.
	Fill func(text, phones []byte, phone macaddr.Addr, url store.URL) ([]byte, error)
	// Put checks a text and stores it as the next version of a file. The error is
	// ErrRefused if a finding refuses it, ErrUnforcible if it would with force too,
	// ErrIncomplete, ctx's, or one of store.File's. With force, it stores a text that phones
	// might not take, but none that would lock a phone out.
	Put func(ctx context.Context, _ store.Audit, dryRun, force bool, _ store.Account, _ store.FileName, text []byte) (store.File, []findings.Finding, error)
	// Remove removes a file. The errors are those of Put.
	Remove func(ctx context.Context, _ store.Audit, dryRun bool, _ store.Account, _ store.FileName) ([]findings.Finding, error)
}

// ErrRefused means that nothing was stored or removed, because of the errors among the
// findings.
var ErrRefused = errors.New("files: refused by the check")

// ErrUnforcible is ErrRefused because of errors among which force passes not all.
var ErrUnforcible = fmt.Errorf("%w, even with force", ErrRefused)

// ErrIncomplete is ErrUnforcible, and all errors are that phones.csv lacks a column or a row
// that the template needs: it may be stored once a new phones.csv is.
var ErrIncomplete = fmt.Errorf("%w, until phones.csv has more", ErrUnforcible)

// ErrNoRow means that a template can't be filled in for a phone, because phones.csv has no
// row for it or lacks a column.
var ErrNoRow = errors.New("files: no row for the phone")
