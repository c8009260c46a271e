package shell

import (
	"encoding/csv"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// export writes mac,url for each phone, in the form that REGISTER - reads. The url
// is empty if the phone follows its account. With --notes there is a column more, and a
// header that names it.
func export(c *call) error {
	_, notes := c.options["notes"]
	w := csv.NewWriter(c.out) // a URL may contain a comma
	defer w.Flush()
	if notes && !c.json {
		_ = w.Write([]string{"mac", "url", "note"})
	}
	return c.eachPhone(func(p *store.Phone, _ *store.Account) error {
		row := []string{p.MAC.String(), p.URL.String(), string(p.Note)}
		switch {
		case c.json:
			c.object(exportObject{p.MAC, p.URL, p.Note})
		case notes:
			_ = w.Write(row)
		default:
			_ = w.Write(row[:2])
		}
		return nil
	})
}

type exportObject struct {
	MAC  macaddr.Addr `json:"mac"`
	URL  store.URL    `json:"url"` // "" follows the account
	Note store.Note   `json:"note,omitempty"`
}
