package shell

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

type triedObject struct {
	MAC   string `json:"mac"`
	Model string `json:"model"` // as the phone said or, if it did not, by its range; "" if unknown
	From  string `json:"from"`
	At    string `json:"at"` // of the last request
	Times int    `json:"times"`
}

// listUnregistered lists the phones that requested their settings and that nobody has
// registered, those with the most requests first.
func listUnregistered(c *call) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, t := range c.Tried() {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		switch p, err := c.Registry.Phone(t.MAC); { // perhaps it has been registered since
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		case err == nil && !p.Held():
			continue
		}
		o := triedObject{t.MAC.String(), t.Model, t.From.String(), wording.MachineTime(t.At), t.Times}
		if o.Model == "" {
			o.Model = t.MAC.Model()
		}
		if c.json {
			c.object(o)
			continue
		}
		model := o.Model
		if model == "" {
			model = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", o.MAC, model, o.From, wording.Timestamp(t.At), wording.Plural(t.Times, "request", "requests"))
	}
	return w.Flush()
}
