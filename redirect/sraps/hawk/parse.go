package hawk

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Bounds on what is read.
const (
	maxHeader = 4096 // bytes; that of the specification
	maxNonce  = 64   // bytes; clients send 6 to 32
)

// Parse parses the value of an Authorization header. Its attributes can be in any order,
// each at most once. The error says what was expected.
func Parse(authorization string) (h Header, err error) {
	scheme, rest, _ := strings.Cut(authorization, " ")
	switch {
	case len(authorization) > maxHeader:
		return h, fmt.Errorf("expected at most %d bytes", maxHeader)
	case !strings.EqualFold(scheme, "Hawk"):
		return h, errors.New("expected the scheme Hawk")
	}
	ts := ""
	attributes := map[string]*string{"id": &h.ID, "ts": &ts, "nonce": &h.Nonce, "hash": &h.Hash, "ext": &h.Ext, "mac": &h.MAC}
	for rest = strings.Trim(rest, " \t"); rest != ""; {
		var name, value string
		if name, value, rest, err = attribute(rest); err != nil {
			return Header{}, err
		}
		field := attributes[name]
		if field == nil {
			return Header{}, fmt.Errorf("%.20q: expected the attributes id, ts, nonce and mac, and perhaps hash and ext, each once", name)
		}
		*field = value
		delete(attributes, name) // a second one is unknown
	}
	if h.ID == "" || h.Nonce == "" || h.MAC == "" {
		return Header{}, errors.New("expected the attributes id, ts, nonce and mac")
	}
	if len(h.Nonce) > maxNonce {
		return Header{}, fmt.Errorf("expected a nonce of at most %d characters", maxNonce)
	}
	h.TS, err = strconv.ParseInt(ts, 10, 64)
	if err != nil || strconv.FormatInt(h.TS, 10) != ts || h.TS < 0 {
		return Header{}, errors.New("expected a ts in whole seconds since 1970")
	}
	return h, nil
}

// attribute cuts off the first attribute, name="value", and the comma after it.
func attribute(s string) (name, value, rest string, err error) {
	malformed := errors.New(`expected attributes such as id="…", separated by commas`)
	name, s, ok := strings.Cut(s, "=")
	if !ok || !strings.HasPrefix(s, `"`) {
		return "", "", "", malformed
	}
	if value, rest, ok = strings.Cut(s[1:], `"`); !ok {
		return "", "", "", malformed
	}
	for _, c := range []byte(value) {
		if c < ' ' || c > '~' || c == '\\' {
			return "", "", "", errors.New("expected printable ASCII characters without backslashes in attributes")
		}
	}
	rest, comma := strings.CutPrefix(strings.TrimLeft(rest, " \t"), ",")
	rest = strings.TrimLeft(rest, " \t")
	if comma != (rest != "") {
		return "", "", "", malformed
	}
	return strings.ToLower(name), value, rest, nil
}
