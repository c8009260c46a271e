// Package apikeys makes and words an account's API keys for the console.
package apikeys

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Registry is what a View needs of a store.
type Registry interface {
	APIKeys(store.AccountID) ([]store.APIKey, error)
	AddAPIKey(_ store.Audit, dryRun bool, _ store.APIKey) error
	RemoveAPIKey(_ store.Audit, dryRun bool, _ store.AccountID, id string) error
}

// Make returns a new API key of an account, which is not stored yet, and its secret.
type Make func(account store.AccountID, comment string) (key store.APIKey, secret string)

// A View is the API keys of an account.
type View struct {
	Registry Registry
	Account  store.Account
	DryRun   bool
}

// An Object is an API key for programs.
type Object struct {
	Account   store.Name `json:"account"`
	ID        string     `json:"id,omitempty"`
	Key       string     `json:"key,omitempty"` // the secret, only when it is made
	Comment   string     `json:"comment,omitempty"`
	CreatedAt string     `json:"created_at,omitempty"`
	Removed   bool       `json:"removed,omitempty"`
	DryRun    bool       `json:"dry_run,omitempty"`

	created time.Time
}

// Add adds an API key and returns it with its secret, which is shown only this time. In a
// dry run there is neither.
func (v View) Add(audit store.Audit, make Make, comment string) (Object, error) {
	key, secret := make(v.Account.ID, comment)
	audit.Detail = detail(key)
	if err := v.Registry.AddAPIKey(audit, v.DryRun, key); err != nil {
		return Object{}, err
	}
	if v.DryRun {
		return Object{Account: v.Account.Name, Comment: comment, DryRun: true}, nil
	}
	o := v.object(key)
	o.Key = secret
	return o, nil
}

// Remove removes an API key, whose signatures are refused from then on.
func (v View) Remove(audit store.Audit, id string) (Object, error) {
	all, err := v.Registry.APIKeys(v.Account.ID)
	if err != nil {
		return Object{}, err
	}
	for _, key := range all {
		if key.ID == id {
			audit.Detail = detail(key)
			o := v.object(key)
			o.Removed = true
			return o, v.Registry.RemoveAPIKey(audit, v.DryRun, v.Account.ID, id)
		}
	}
	return Object{}, store.ErrNoAPIKey
}

// detail returns what the history records of an API key.
func detail(key store.APIKey) string {
	if key.Comment == "" {
		return key.ID
	}
	return key.ID + " " + key.Comment
}

// List returns the account's API keys, oldest first.
func (v View) List() (all []Object, err error) {
	keys, err := v.Registry.APIKeys(v.Account.ID)
	for _, key := range keys {
		all = append(all, v.object(key))
	}
	return all, err
}

func (v View) object(key store.APIKey) Object {
	return Object{Account: v.Account.Name, ID: key.ID, Comment: key.Comment, CreatedAt: wording.MachineTime(key.Created), DryRun: v.DryRun, created: key.Created}
}

// Write writes API keys for people, one on each line.
func Write(w io.Writer, all []Object) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, o := range all {
		fmt.Fprintf(t, "%s\tadded %s\t%s\n", o.ID, wording.Timestamp(o.created), o.Comment)
	}
	return t.Flush()
}
