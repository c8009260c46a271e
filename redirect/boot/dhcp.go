package boot

import (
	"errors"
	"fmt"
	"strings"
)

// anyModel stands for the phone's model in the URL that firmware has hard-coded, as
// snom's slides write it.
const anyModel = "snom3x0"

// FindByDHCP returns how the phone finds the setting server in the options 66 and 67 of
// DHCP: the first names the server and the second, if it is not "", the file there.
func (p Phone) FindByDHCP(option66, option67 string) (Finder, error) {
	f := Finder{Name: "DHCP option 66", URL: p.ofModel(option66)}
	if option67 != "" {
		f.Name = "DHCP options 66 and 67"
		f.URL = strings.TrimRight(f.URL, "/") + "/" + strings.TrimLeft(p.ofModel(option67), "/")
	}
	switch _, err := ParseURL(p.Fill(f.URL)); {
	case option66 == "":
		return Finder{}, errors.New("option 67 names only a file: expected option 66 too, such as http://192.0.2.10")
	case !strings.Contains(option66, "://"):
		return Finder{}, fmt.Errorf("option 66: %q: expected a URL such as http://192.0.2.10 or tftp://192.0.2.10: what phones request otherwise is not known", HideLogin(option66))
	case err != nil:
		return Finder{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	return f, nil
}

// ofModel replaces snom3x0.
func (p Phone) ofModel(s string) string { return strings.ReplaceAll(s, anyModel, p.Model) }
