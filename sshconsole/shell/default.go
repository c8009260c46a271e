package shell

import (
	"strings"

	"snomredirect/store"
)

// A defaultObject is the service's default for programs.
type defaultObject struct {
	Server store.URL `json:"default_server"` // "" if there is none
	AnyOUI bool      `json:"any_oui"`
	Chosen bool      `json:"set_by_command"` // and not by --default-server
	DryRun bool      `json:"dry_run,omitempty"`
}

func showDefault(c *call) error {
	c.tellDefault(c.Registry.Default())
	return nil
}

// changeDefault sets where unregistered phones are sent, or that they are sent nowhere.
func changeDefault(c *call) error {
	word := c.args[0]
	var url store.URL
	if strings.EqualFold(word, "NONE") {
		word = "NONE"
	} else if word == "" {
		return misunderstood(codeUsage, `"": expected a URL or NONE.`)
	} else {
		var err error
		if url, err = c.url(word); err != nil {
			return err
		}
	}
	d, err := c.Registry.SetDefault(c.audit(word), c.dryRun, url)
	if err != nil {
		return explain(err, "DEFAULT")
	}
	c.tellDefault(d)
	return nil
}

func (c *call) tellDefault(d store.Default) {
	phones, are, areNot := "Unregistered snom phones", "are", "are not"
	if d.AnyOUI {
		phones = "All unregistered phones"
	}
	if c.dryRun {
		are, areNot = "would be", "would not be"
	}
	from := ""
	if !d.Chosen {
		from = ", by --default-server"
	}
	o := defaultObject{d.URL, d.AnyOUI, d.Chosen, c.dryRun}
	switch {
	case d.URL.IsZero():
		c.answer(o, "Unregistered phones %s redirected.\n", areNot)
	case c.PublicNames.Contains(d.URL):
		c.answer(o, "Unregistered phones %s redirected, because %v is this service.\n", areNot, d.URL)
	default:
		c.answer(o, "%s %s redirected to %v%s.\n", phones, are, d.URL, from)
	}
}
