package main

import (
	"context"
	"errors"
	"slices"

	"snomredirect/redirect/check"
	"snomredirect/redirect/files/upload"
	consolefiles "snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/store"
)

// consoleFiles returns what the console and SFTP need of setting files, or nil without
// --files.
func (v *service) consoleFiles() *consolefiles.Config {
	if v.flags.Files == "" {
		return nil
	}
	u := upload.New(upload.Config{Store: v.db, URL: v.filesURL, PublicNames: v.publicNames})
	return &consolefiles.Config{
		Store: v.db,
		URL:   func(token string) store.URL { return store.RestoreURL(v.filesURL(token)) },

		IsTemplate: isTemplate,
		Fill:       fillTemplate,

		Put: func(ctx context.Context, audit store.Audit, dryRun, force bool, a store.Account, name store.FileName, text []byte) (store.File, []findings.Finding, error) {
			f, found, err := u.Put(ctx, audit, dryRun, force, a, name, text)
			return f, forConsole(found), refusedUpload(found, err)
		},
		Remove: func(ctx context.Context, audit store.Audit, dryRun bool, a store.Account, name store.FileName) ([]findings.Finding, error) {
			found, err := u.Remove(ctx, audit, dryRun, a, name)
			return forConsole(found), refusedUpload(found, err)
		},
	}
}

// forConsole returns findings as the console shows them.
func forConsole(found []check.Finding) (all []findings.Finding) {
	for _, f := range found {
		all = append(all, findings.Finding{File: f.File, Line: f.Line, Column: f.Column, Severity: string(f.Severity), Rule: string(f.Rule), Text: f.Text})
	}
	return all
}

// refusedUpload returns the error of an upload as the console knows it.
func refusedUpload(found []check.Finding, err error) error {
	anError := func(is func(check.Rule) bool) bool {
		return slices.ContainsFunc(found, func(f check.Finding) bool { return f.Severity == check.Error && is(f.Rule) })
	}
	switch {
	case !errors.Is(err, upload.ErrRefused):
		return err
	case !anError(func(r check.Rule) bool { return r != upload.NoValue }):
		return consolefiles.ErrIncomplete
	case anError(func(r check.Rule) bool { return !upload.Forcible(r) }):
		return consolefiles.ErrUnforcible
	}
	return consolefiles.ErrRefused
}
