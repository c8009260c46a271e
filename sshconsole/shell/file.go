package shell

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// files returns the files of the account that --account names, or the caller's.
func (c *call) files() (v files.View, err error) {
	if c.Files == nil {
		return v, NoFiles(c.cmd.words())
	}
	a, err := c.forAccount()
	return files.View{Config: c.Files, By: c.by, Account: a, DryRun: c.dryRun}, err
}

// NoFiles is the refusal of what needs files in a service without them.
func NoFiles(words string) error {
	return refused(codeForbidden, "%s: this service keeps no setting files, because it runs without --files.", words)
}

// file returns the files and the name that the first argument is.
func (c *call) file() (v files.View, name store.FileName, err error) {
	if v, err = c.files(); err != nil {
		return v, "", err
	}
	if name, err = store.ParseFileName(c.args[0]); err != nil {
		return v, "", misunderstood(codeUsage, "%q is not a file's name: %v.", c.args[0], err)
	}
	return v, name, nil
}

// putFile checks and stores a text, and shows what the check found.
func (c *call) putFile(v files.View, name store.FileName, text []byte) error {
	latest := v.Latest(name)
	_, force := c.options["force"]
	f, found, err := c.Files.Put(c.ctx, c.audit(""), c.dryRun, force, v.Account, name, text)
	if n := findings.Write(c.Err, c.json, found); errors.Is(err, files.ErrRefused) {
		how := "--force accepts all but those that would break or lock out a phone"
		if force || errors.Is(err, files.ErrUnforcible) {
			how = "--force doesn't accept these"
		}
		return refused(codeForbidden, "%s has %s, so nothing was stored; %s.", name, wording.Plural(n, "error", "errors"), how)
	}
	if err != nil {
		return c.explainFile(v, name, err)
	}
	token, err := v.Token()
	if err != nil {
		return c.explainFile(v, name, err)
	}
	c.noted = []any{"owner", v.Account.Name, "file", f.Name, "version", f.Version, "bytes", f.Size}
	o := v.Object(f)
	o.URL = v.Address(token, f.Name, text)
	if f.Version == latest {
		c.answer(o, "%s has this text already, as version %d.\n", f.Name, f.Version)
		return nil
	}
	at := ""
	if o.URL != "" {
		at = ": " + o.URL
	}
	c.answer(o, "%s %s as version %d%s\n", f.Name, c.did("stored"), f.Version, cmp.Or(at, "."))
	return nil
}

func fileRollback(c *call) error {
	v, name, err := c.file()
	if err != nil {
		return err
	}
	version, err := version(c.args[1])
	if err != nil {
		return err
	}
	old, text, err := c.Files.Store.File(v.Account.ID, name, version)
	if err != nil {
		return c.explainFile(v, name, err)
	}
	return c.putFile(v, old.Name, text)
}

// version parses a version's number.
func version(word string) (int, error) {
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil || n == 0 {
		return 0, misunderstood(codeUsage, "%q is not a version: expected a number, as FILE HISTORY shows it.", word)
	}
	return int(n), nil
}

func fileRemove(c *call) error {
	v, name, err := c.file()
	if err != nil {
		return err
	}
	latest := v.Latest(name)
	found, err := c.Files.Remove(c.ctx, c.audit(""), c.dryRun, v.Account, name)
	if n := findings.Write(c.Err, c.json, found); errors.Is(err, files.ErrRefused) {
		return refused(codeForbidden, "%s was not removed: without it there would be %s.", name, wording.Plural(n, "error", "errors"))
	}
	if err != nil {
		return c.explainFile(v, name, err)
	}
	c.noted = []any{"owner", v.Account.Name, "file", name}
	c.answer(fileRemoved{name, latest, true, c.dryRun}, "%s %s; FILE ROLLBACK %s %d restores it.\n", name, c.did("removed"), name, latest)
	return nil
}

type fileRemoved struct {
	Name    store.FileName `json:"name"`
	Version int            `json:"version"` // the last one with a text
	Removed bool           `json:"removed"`
	DryRun  bool           `json:"dry_run,omitempty"`
}

func fileList(c *call) error {
	v, err := c.files()
	if err != nil {
		return err
	}
	all, err := c.Files.Store.Files(v.Account.ID)
	return c.showFiles(v, all, false, c.explainFile(v, "", err))
}

func fileHistory(c *call) error {
	v, name, err := c.file()
	if err != nil {
		return err
	}
	all, err := c.Files.Store.FileVersions(v.Account.ID, name)
	return c.showFiles(v, all, true, c.explainFile(v, name, err))
}

// showFiles shows files, or versions of one, unless err is not nil.
func (c *call) showFiles(v files.View, all []store.File, ofOne bool, err error) error {
	if err != nil {
		return err
	}
	if !c.json {
		return v.Write(c.out, all, ofOne)
	}
	for _, f := range all {
		c.object(v.Object(f))
	}
	return nil
}

func fileShow(c *call) error {
	v, name, err := c.file()
	if err != nil {
		return err
	}
	shown, err := v.Show(name)
	if err != nil {
		return c.explainFile(v, name, err)
	}
	if c.json {
		c.object(shown)
		return nil
	}
	shown.Each(v, c.field)
	return nil
}

// explainFile words an error about a file of an account.
func (c *call) explainFile(v files.View, name store.FileName, err error) error {
	if err != nil && c.ctx.Err() != nil {
		err = c.ctx.Err()
	}
	return explainFile(v.Account.Name, name, err)
}

type filesObject struct {
	URL      store.URL `json:"url,omitzero"`
	OldURL   store.URL `json:"old_url,omitzero"`
	OldUntil string    `json:"old_until,omitempty"`
	DryRun   bool      `json:"dry_run,omitempty"`
}

// fileRotate changes the URLs of an account's files.
func fileRotate(c *call) error {
	v, err := c.files()
	if err != nil {
		return err
	}
	s, err := c.Files.Store.MakeFileToken(c.audit(""), c.dryRun, v.Account.ID, c.Files.URL)
	if err != nil {
		return c.explainFile(v, "", err)
	}
	if c.dryRun && v.HidesToken() && s.OldToken != "" {
		s.OldToken = files.HiddenToken
	}
	o, old := filesObject{DryRun: c.dryRun}, ""
	if s.OldToken != "" {
		o.OldURL, o.OldUntil = c.Files.URL(s.OldToken), wording.MachineTime(s.OldUntil)
		old = fmt.Sprintf(" Until %s they are served at %v too.", wording.Timestamp(s.OldUntil), o.OldURL)
	}
	if c.dryRun { // the token is not one
		c.answer(o, "the files of %s would get a new URL.%s\n", v.Account.Name, old)
		return nil
	}
	o.URL = c.Files.URL(s.Token)
	c.answer(o, "The files of %s are at %v now.%s\n", v.Account.Name, o.URL, old)
	if s.OldToken != "" && v.Account.ID == c.by.ID {
		c.warning = fmt.Sprintf("If phones have the old URL as their own setting server, change it: RETARGET %v %v", o.OldURL, o.URL)
	}
	return nil
}
