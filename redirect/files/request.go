package files

import (
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// tokenLength is that of [store.NewFileToken].
const tokenLength = 26

// noToken and noName are looked up if a request has none that could exist. Neither can.
const (
	noToken = "--------------------------"
	noName  = store.FileName("-")
)

// A request is what a path asks for.
type request struct {
	token    string         // or noToken
	name     store.FileName // or noName
	template store.FileName // from which the file is made if it doesn't exist, or noName
	mac      macaddr.Addr   // of the phone in the name, if any
}

// parsePath parses the path of a URL, without the prefix of all. rawPath is the path as
// sent if it was encoded in another way than usual, which no phone does.
func parsePath(path, rawPath, prefix string) request {
	r := request{token: noToken, name: noName, template: noName}
	if prefix != "" {
		if rest, ok := strings.CutPrefix(path, prefix); ok && strings.HasPrefix(rest, "/") {
			path = rest
		}
	}
	token, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || rawPath != "" || !isToken(token) {
		return r
	}
	r.token = token
	// A server's URL that ends in a slash gets another from the phone.
	name, err := store.ParseFileName(strings.TrimLeft(rest, "/"))
	if err != nil || name.Fold() == store.PhonesFile {
		return r
	}
	r.name = name
	r.mac, _ = name.MAC()
	if template, _, ok := name.Template(); ok && template.Fold() != store.PhonesFile {
		r.template = template
	}
	return r
}

// isToken reports whether s has the form of a token.
func isToken(s string) bool {
	if len(s) != tokenLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
