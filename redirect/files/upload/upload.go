// Package upload checks setting files before they are stored, so that what is wrong with
// a file is reported to who uploads it, and not by the phones that read it.
package upload

import (
	"context"
	"errors"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
	"snomredirect/store"
)

// A Store stores the files of accounts. See package storetest for what its methods do.
type Store interface {
	Files(store.AccountID) ([]store.File, error)
	File(_ store.AccountID, _ store.FileName, version int) (store.File, []byte, error)
	FileSpace(store.AccountID) (store.FileSpace, error)
	PutFile(_ store.Audit, dryRun bool, _ store.AccountID, revision uint64, _ store.FileName, text []byte) (store.File, error)
	RemoveFile(_ store.Audit, dryRun bool, _ store.AccountID, revision uint64, _ store.FileName) error
	// Phones returns up to n of an owner's phones, by MAC, after a MAC.
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
}

// A Config configures [Uploads]. Store and URL must be set.
type Config struct {
	Store       Store
	PublicNames store.PublicNames
	// URL returns the URL of the files of the account with a token. It ends in "/".
	URL func(token string) string
}

// Uploads checks and stores files. Its methods are safe for concurrent use; one upload is
// checked at a time, so that uploads leave the other cores to phones.
type Uploads struct {
	config  Config
	checker check.Checker
	turn    chan struct{}
}

// New returns Uploads. There is one in a service.
func New(c Config) *Uploads {
	return &Uploads{config: c, checker: check.Checker{PublicNames: c.PublicNames}, turn: make(chan struct{}, 1)}
}

// ErrRefused means that nothing has changed, because of the errors among the findings.
var ErrRefused = errors.New("upload: refused by the check")

// tries bounds how often a file is checked again because others have changed meanwhile.
const tries = 5

// Put checks a text and stores it as the present version of a file. It returns what the
// check found, also with ErrRefused, which means that there are errors. With force, the
// errors after which phones still can be reached don't refuse it. Other errors are ctx's
// and those of the store.
func (u *Uploads) Put(ctx context.Context, audit store.Audit, dryRun, force bool, account store.Account, name store.FileName, text []byte) (store.File, []check.Finding, error) {
	if len(text) > store.MaxFileSize {
		return store.File{}, nil, store.ErrFileSize
	}
	var file store.File
	findings, err := u.change(ctx, account, func(c *checking) error {
		c.file(name, text)
		return c.err
	}, force, func(revision uint64) (err error) {
		file, err = u.config.Store.PutFile(audit, dryRun, account.ID, revision, name, text)
		return err
	})
	return file, findings, err
}

// Remove removes a file. The error is ErrRefused for phones.csv while other files need
// it; the findings name them.
func (u *Uploads) Remove(ctx context.Context, audit store.Audit, dryRun bool, account store.Account, name store.FileName) ([]check.Finding, error) {
	return u.change(ctx, account, func(c *checking) error {
		if name.Fold() == store.PhonesFile {
			c.removal()
		}
		return c.err
	}, false, func(revision uint64) error {
		return u.config.Store.RemoveFile(audit, dryRun, account.ID, revision, name)
	})
}

// change checks a change against the account's files and makes it, unless they have
// changed meanwhile: then it begins again.
func (u *Uploads) change(ctx context.Context, account store.Account, look func(*checking) error, force bool, apply func(revision uint64) error) ([]check.Finding, error) {
	for try := 1; ; try++ {
		c, err := u.begin(ctx, account)
		if err != nil {
			return nil, err
		}
		err = look(c)
		<-u.turn
		if err != nil {
			return nil, err
		}
		if refused(c.findings, force) {
			return c.findings, ErrRefused
		}
		if err := apply(c.space.Revision); !errors.Is(err, store.ErrFilesChanged) || try == tries {
			return c.findings, err
		}
	}
}

// begin waits for the turn of a check, which its caller ends.
func (u *Uploads) begin(ctx context.Context, account store.Account) (*checking, error) {
	select {
	case u.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	space, err := u.config.Store.FileSpace(account.ID)
	if err != nil {
		<-u.turn
		return nil, err
	}
	token := space.Token
	if token == "" { // the first file: any token shows what the real one will
		token = store.NewFileToken()
	}
	return &checking{Uploads: u, ctx: ctx, account: account, space: space, url: u.config.URL(token), budget: maxWork}, nil
}

// Rules of this package.
const (
	Template  check.Rule = "template"   // a file of a phone can be filled in
	PhonesCSV check.Rule = "phones-csv" // phones.csv has a row for each phone
	Work      check.Rule = "work"       // a change can be checked within seconds
)

// passable are the errors that force passes: the phone ignores what is wrong, and can be
// reached and mended. After all others it reads nothing, requests files in a circle or
// for ever, waits for somebody at its keys, or there is nothing to serve.
var passable = map[check.Rule]bool{
	check.UnknownPerm:         true, // taken for read-only
	check.IndexRange:          true, // the setting has no effect
	check.DialPlan:            true, // the rule has no effect
	check.FirmwareFlag:        true,
	check.FirmwareStatusPlace: true, // no new firmware
	check.NeedsXML:            true, // an older firmware reads nothing; others do
}

func refused(all []check.Finding, force bool) bool {
	for _, f := range all {
		if f.Severity == check.Error && !(force && passable[f.Rule]) {
			return true
		}
	}
	return false
}
