package shell

import (
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// note changes the note of a phone.
func note(c *call) error {
	text := strings.Join(c.list, " ")
	note, err := store.ParseNote(text)
	switch {
	case err != nil:
		return misunderstood(codeUsage, "%q: %v.", text, err)
	case note == "":
		return misunderstood(codeUsage, "%q: expected a note; NOTE %s REMOVE removes it.", text, c.args[0])
	}
	return c.annotate(note)
}

func removeNote(c *call) error { return c.annotate("") }

// annotate gives the phone that the command names a note, or none.
func (c *call) annotate(note store.Note) error {
	mac, err := c.mac(c.args[0])
	if err != nil {
		return err
	}
	const rule = store.RuleAnnotate
	results, err := c.Registry.Change(store.Batch{Audit: c.undoable(string(note)), Rule: rule, Changes: []store.Change{{MAC: mac, Note: note}}, DryRun: c.dryRun})
	if err != nil {
		return explain(err, mac.String())
	}
	return c.changedOne(rule, mac, results[0])
}

// tellNote reports what was done to the note of a phone.
func (c *call) tellNote(object phoneObject, mac macaddr.Addr, out store.Result) {
	switch {
	case out.Next.Note != "":
		c.answer(object, "%v: note %s\n", mac, out.Next.Note)
	case out.Prev.Note != "":
		c.answer(object, "%v: note %s.\n", mac, c.did("removed"))
	default:
		c.answer(object, "%v has no note.\n", mac)
	}
}
