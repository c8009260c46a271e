package shell

import (
	"errors"
	"fmt"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// undoObject is what UNDO has undone, for programs.
type undoObject struct {
	Command string     `json:"command"`
	Begun   string     `json:"time"`
	Phones  int        `json:"phones"`
	Server  *store.URL `json:"setting_server,omitempty"` // of the account, if it is another one
	DryRun  bool       `json:"dry_run,omitempty"`
}

// undo undoes the account's last command that changed phones or the setting server.
func undo(c *call) error {
	u, err := c.Registry.Undo(c.audit(""), c.dryRun)
	if err != nil {
		return c.notUndone(u, err)
	}
	o := undoObject{Command: u.Command, Begun: wording.MachineTime(u.Begun), Phones: len(u.Phones), DryRun: c.dryRun}
	words := wording.Plural(len(u.Phones), "phone", "phones")
	if u.Server != (store.ServerReversal{}) {
		o.Server = &u.Server.Before
		server := fmt.Sprintf("the setting server %v", u.Server.Before)
		if words += " and " + server; len(u.Phones) == 0 {
			words = server
		}
	}
	c.noted = []any{"undone", u.Command, "phones", len(u.Phones)}
	c.answer(o, "%s of %s %s: %s as before.\n", u.Command, wording.Timestamp(u.Begun), c.did("undone"), words)
	return nil
}

// notUndone words why a command can't be undone, and what has changed since.
func (c *call) notUndone(u store.Undoable, err error) error {
	what := fmt.Sprintf("%s of %s", u.Command, wording.Timestamp(u.Begun))
	var e store.UndoError
	var p store.PartlyUndone
	switch {
	case errors.As(err, &p):
		return c.partlyUndone(what, p)
	case errors.Is(err, store.ErrNothingToUndo):
		return refused(codeNotFound, "There is nothing to undo: HISTORY shows the changes.")
	case errors.Is(err, store.ErrNotUndoable) && u.Foreign:
		return refused(codeForbidden, "%s can't be undone, because it changed other accounts' phones or setting servers.", what)
	case errors.Is(err, store.ErrNotUndoable):
		return refused(codeForbidden, "%s can't be undone, because it changed more than %d phones, or fewer with very long URLs and notes.", what, store.MaxUndo)
	case errors.Is(err, store.ErrTooLarge):
		return refused(codeForbidden, "%s can't be undone, because it changed more than etcd can store at once. Change the phones back with REGISTER or DEREGISTER, or give etcd higher limits with --max-txn-ops and --max-request-bytes.", what)
	case !errors.As(err, &e):
		return explain(err, string(c.by.Name))
	case errors.Is(err, store.ErrChangedSince):
		return c.changedSince(what, e.MAC)
	case errors.Is(err, store.ErrNoSettingServer) && !e.MAC.IsValid():
		return refused(codeForbidden, "%s can't be undone, because %s had no setting server before: SERVER <url> sets another one.", what, c.by.Name)
	}
	return explain(e.Err, e.MAC.String())
}

// partlyUndone says how many phones of a command were put back, and what to do about the
// rest.
func (c *call) partlyUndone(what string, p store.PartlyUndone) error {
	c.changed, c.noted = true, []any{"phones", p.Done, "of", p.Of}
	done := fmt.Sprintf("%s: %d of %d phones are as before", what, p.Done, p.Of)
	var e store.UndoError
	switch {
	case errors.As(p.Err, &e) && errors.Is(e.Err, store.ErrChangedSince):
		by, err := c.changedBy(e.MAC)
		if err != nil {
			c.Log.Error("command", "error", err)
		}
		return refused(codeForbidden, "%s. Then %v was changed by %s, so the rest was not undone. HISTORY shows the changes; change the rest back with REGISTER or DEREGISTER.", done, e.MAC, by)
	case errors.Is(p.Err, store.ErrNoSettingServer):
		return refused(codeForbidden, "%s; the rest was not undone. %v would have no setting server: SERVER <url> sets one for all your phones.", done, e.MAC)
	case errors.As(p.Err, &e):
		var why *problem
		if errors.As(explain(e.Err, e.MAC.String()), &why) {
			return refused(why.code, "%s; the rest was not undone. %s", done, why.text)
		}
	case errors.Is(p.Err, store.ErrUnavailable):
		return refused(codeBusy, "%s; the rest was not undone, because the service can't store changes now. Try again later: UNDO undoes the rest.", done)
	case errors.Is(p.Err, store.ErrUnknown):
		return refused(codeInternal, "%s, and it is not known whether more are. Try again later: UNDO undoes the rest. If it says that there is nothing to undo, all are as before.", done)
	}
	c.Log.Error("command", "error", p)
	return refused(codeInternal, "%s; the rest was not undone. %s", done, Failure)
}

// changedBy returns which command of the history was the last to change a phone.
func (c *call) changedBy(mac macaddr.Addr) (command string, err error) {
	last, err := c.Registry.History(c.by.ID, mac, store.Mark{}, 1)
	if err != nil || len(last) == 0 {
		return "another command", err
	}
	return fmt.Sprintf("%s of %s", last[0].Audit.Command, wording.Timestamp(last[0].Last)), nil
}

// changedSince says which command of the history has changed a phone since, or the
// account's setting server for the zero MAC.
func (c *call) changedSince(what string, mac macaddr.Addr) error {
	subject, by := "The account's setting server", "another command"
	if mac.IsValid() {
		var err error
		if by, err = c.changedBy(mac); err != nil {
			return err
		}
		subject = mac.String()
	}
	return refused(codeForbidden, "%s was changed by %s after %s; nothing was undone. HISTORY shows the changes.", subject, by, what)
}
