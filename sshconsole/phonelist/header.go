package phonelist

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"snomredirect/macaddr"
)

// The names of columns, as messages show them. Case, blanks, - and _ don't count.
const (
	macNames = "mac, mac address, mac-adresse or mac id"
	urlNames = "url, server, setting server, setting url, provisioning server or provisioning url"
)

var macColumns = []string{"mac", "macs", "macaddress", "macaddresses", "macaddr", "macadresse", "macadressen", "macadr", "macid", "macnumber", "macnummer", "macnr"}

// A column for URLs is named after what the URL is for, or not, and what it is:
// Provisioning-URL, Server.
var (
	urlPurposes = []string{"", "setting", "settings", "provisioning", "provision", "prov", "autoprovisioning", "config", "configuration",
		"redirect", "redirection", "target", "provisionierung", "provisionierungs", "konfigurations", "konfiguration"}
	urlKinds = []string{"serverurl", "serveruri", "serveraddress", "serveradresse", "server", "url", "uri"} // longer ones first
)

// plain returns the letters and digits of a column's name, in lower case.
func plain(name string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, cell(name))
}

func isMACName(name string) bool { return slices.Contains(macColumns, plain(name)) }

// mentionsMAC reports whether one of a name's words is MAC, as in Phone MAC and
// lanMac.
func mentionsMAC(name string) bool {
	var words strings.Builder
	last := ' '
	for _, c := range cell(name) {
		if unicode.IsLower(last) && unicode.IsUpper(c) || !unicode.IsLetter(c) {
			words.WriteByte(' ')
		}
		if unicode.IsLetter(c) {
			words.WriteRune(unicode.ToLower(c))
		}
		last = c
	}
	return slices.ContainsFunc(strings.Fields(words.String()), func(word string) bool { return slices.Contains(macColumns, word) })
}

func isURLName(name string) bool {
	name = plain(name)
	for _, kind := range urlKinds {
		if purpose, ok := strings.CutSuffix(name, kind); ok && slices.Contains(urlPurposes, purpose) {
			return true
		}
	}
	return name == "redirect" || name == "redirection" || name == "redirectto"
}

// nameKnown reports whether a column is named for MACs or URLs.
func nameKnown(fields []string) bool {
	return knownNames(fields) > 0 || slices.ContainsFunc(fields, mentionsMAC)
}

// knownNames returns how many columns have one of the known names.
func knownNames(fields []string) int {
	return len(columns(fields, isMACName)) + len(columns(fields, isURLName))
}

// isHeader reports whether a first line is a header and not a mistyped phone: it has
// a column with a known name, or several columns, none of which looks like a MAC or
// a URL.
func isHeader(fields []string) bool {
	if slices.ContainsFunc(fields, containsMAC) || slices.ContainsFunc(fields, isURL) {
		return false
	}
	if nameKnown(fields) {
		return true
	}
	data := slices.ContainsFunc(fields, func(f string) bool { return strings.ContainsAny(f, "0123456789:/") })
	_, err := macaddr.ParseShort(cell(fields[0]))
	return err != nil && !data && len(fields) > 1
}

// isURL reports whether a column is a URL, such as one with {mac} in it, and so no
// name.
func isURL(field string) bool { return strings.Contains(field, "://") }

// containsMAC reports whether one of a column's words is a MAC.
func containsMAC(field string) bool {
	return slices.ContainsFunc(strings.Fields(cell(field)), func(word string) bool {
		_, err := macaddr.Parse(word)
		return err == nil
	})
}

// namesColumns reports whether a first line is a header, without deciding on it.
func (r *Reader) namesColumns(text string) bool {
	comma := r.comma
	defer func() { r.comma = comma }()
	fields, bad := r.split(text)
	return bad == nil && len(fields) > 1 && isHeader(fields) && nameKnown(fields)
}

// header finds the columns. A header that could mean two columns is refused: the
// phones would get the one that was not meant.
func (r *Reader) header(fields []string) *Error {
	macs := columns(fields, isMACName)
	if len(macs) == 0 {
		macs = columns(fields, mentionsMAC)
	}
	urls, notes := columns(fields, isURLName), columns(fields, func(name string) bool { return plain(name) == "note" })
	switch {
	case len(macs) == 0:
		return macError("expected a column named mac in the header, and one named url if phones have setting servers of their own. Known names are %s; %s.", macNames, urlNames)
	case len(macs) > 1:
		return macError("the columns %q and %q can both be the MAC: expected one of them.", fields[macs[0]], fields[macs[1]])
	case len(notes) > 1:
		return formError("the columns %q and %q can both be the note: expected one of them.", fields[notes[0]], fields[notes[1]])
	case len(urls) > 1:
		return formError("the columns %q and %q can both be the URL: expected one of them.", fields[urls[0]], fields[urls[1]])
	}
	r.mac, r.url, r.note = macs[0], -1, -1
	if len(urls) > 0 {
		r.url = urls[0]
	}
	if len(notes) > 0 {
		r.note = notes[0]
	}
	for i, name := range fields {
		switch {
		case i == r.mac || i == r.url || i == r.note:
		case name == "":
			r.unused = append(r.unused, fmt.Sprintf("column %d", i+1))
		default:
			r.unused = append(r.unused, name)
		}
	}
	return nil
}

func columns(fields []string, named func(string) bool) (found []int) {
	for i, f := range fields {
		if named(f) {
			found = append(found, i)
		}
	}
	return found
}
