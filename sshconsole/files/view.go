package files

import (
	"fmt"
	"io"
	"text/tabwriter"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A View is an account's files as that account or an operator sees them.
type View struct {
	*Config
	By      store.Account // who sees them
	Account store.Account // whose they are
	DryRun  bool
}

// HiddenToken stands for the token of another account.
const HiddenToken = "TOKEN"

// An Object is a version of a file for programs.
type Object struct {
	Name    store.FileName `json:"name"`
	Version int            `json:"version"`
	At      string         `json:"at"`
	Size    int            `json:"size"`
	SHA256  string         `json:"sha256,omitempty"`
	By      string         `json:"by"`
	Removed bool           `json:"removed,omitempty"`
	URL     string         `json:"url,omitempty"` // phones replace {mac} in it
	DryRun  bool           `json:"dry_run,omitempty"`
}

// Object returns the object of a version, without a URL.
func (v View) Object(f store.File) Object {
	return Object{Name: f.Name, Version: f.Version, At: wording.MachineTime(f.At), Size: f.Size, SHA256: f.SHA256, By: v.by(f), Removed: f.Removed, DryRun: v.DryRun}
}

// by returns who uploaded a version: partners don't learn who the operators are.
func (v View) by(f store.File) string {
	if f.By != v.By.Name && !v.By.Operates() {
		return "an operator"
	}
	return string(f.By)
}

// what words a version but for its name and number.
func (v View) what(f store.File) string {
	if f.Removed {
		return fmt.Sprintf("removed %s by %s", wording.Timestamp(f.At), v.by(f))
	}
	return fmt.Sprintf("%s, %s by %s", wording.Plural(f.Size, "byte", "bytes"), wording.Timestamp(f.At), v.by(f))
}

// Address returns the URL at which phones request a file with a text, or "" if it is
// never served or the account has no token. From a template each phone gets a file of
// its own.
func (v View) Address(token string, name store.FileName, text []byte) string {
	if token == "" || name.Fold() == store.PhonesFile {
		return ""
	}
	if _, specific := name.MAC(); !specific && v.IsTemplate(text) {
		name = name.Own("{mac}")
	}
	if v.HidesToken() {
		token = HiddenToken
	}
	return v.URL(token).String() + string(name)
}

// HidesToken reports whether what leaves no entry in the account's history hides its token:
// with it, an operator could read another account's general files, and the history would
// not show that.
func (v View) HidesToken() bool { return v.By.ID != v.Account.ID }

// Token returns the token in the account's URLs. The account gets one if it has none;
// in a dry run it is then "".
func (v View) Token() (string, error) {
	if v.DryRun {
		s, err := v.Store.FileSpace(v.Account.ID)
		return s.Token, err
	}
	s, err := v.Store.EnsureFileToken(v.Account.ID)
	return s.Token, err
}

// Latest returns the number of the latest version of a file, or 0 if it doesn't exist.
func (v View) Latest(name store.FileName) int {
	all, err := v.Store.FileVersions(v.Account.ID, name)
	if err != nil || all[0].Removed {
		return 0
	}
	return all[0].Version
}

// Write writes versions as lines of a table: those of one file without its name.
func (v View) Write(w io.Writer, all []store.File, ofOne bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range all {
		if !ofOne {
			fmt.Fprintf(t, "%s\t", f.Name)
		}
		fmt.Fprintf(t, "version %d\t%s\n", f.Version, v.what(f))
	}
	return t.Flush()
}
