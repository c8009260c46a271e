package files

import (
	"fmt"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Shown is what FILE SHOW shows of a file, for programs.
type Shown struct {
	Object
	MAC      string `json:"mac,omitempty"` // of the only phone that it is for
	Template bool   `json:"template,omitempty"`
	Versions int    `json:"versions"` // that are kept, with removals

	file store.File
}

// Show returns what FILE SHOW shows. The error is store.ErrNoFile if the file doesn't
// exist.
func (v View) Show(name store.FileName) (s Shown, err error) {
	all, err := v.Store.FileVersions(v.Account.ID, name)
	if err != nil {
		return s, err
	}
	f, text, err := v.Store.File(v.Account.ID, name, 0)
	if err != nil {
		return s, err
	}
	token, err := v.Token()
	if err != nil {
		return s, err
	}
	s = Shown{Object: v.Object(f), Template: v.IsTemplate(text), Versions: len(all), file: f}
	s.URL = v.Address(token, f.Name, text)
	if mac, ok := f.Name.MAC(); ok {
		s.MAC = mac.String()
	}
	return s, nil
}

// Each calls field with the names and values of what is shown.
func (s Shown) Each(v View, field func(name string, value any)) {
	field("Name", s.Name)
	if s.URL != "" {
		field("URL", s.URL)
	}
	field("For", s.readers())
	field("Version", fmt.Sprintf("%d, %s", s.Version, v.what(s.file)))
	field("SHA-256", s.SHA256)
	field("Versions", wording.Plural(s.Versions, "is kept", "are kept"))
}

// readers words who gets the file.
func (s Shown) readers() string {
	filled := ""
	if s.Template {
		filled = fmt.Sprintf(", filled in from %s", store.PhonesFile)
	}
	switch {
	case s.Name.Fold() == store.PhonesFile:
		return "templates; no phone gets it"
	case s.MAC != "":
		return "the phone " + s.MAC + filled
	case s.Template:
		return "all phones of the account, each as " + string(s.Name.Own("MAC")) + filled
	}
	return "all phones of the account"
}
