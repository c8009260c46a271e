package store

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A URL is the address of a setting server as phones receive it: http, https, tftp
// or ftp with a host, at most 255 bytes of printable ASCII. It is stored as typed,
// so that {mac} reaches the phone in braces; [URL.Unfilled] finds what phones don't
// fill in. URLs are comparable. The zero URL is
// none.
type URL struct{ s string }

const maxURL = 255

var errURLForm = errors.New("expected a URL such as http://prov.example.com/snom.php?mac={mac}, with http, https, tftp or ftp and a host")

var errHostPlaceholder = errors.New("expected a host in which phones can fill in the rest: they know only {mac} and, newer ones, {phone_type}")

// ParseURL parses a URL. [PublicNames.ParseURL] also rejects URLs that point back
// at this service. The error says what was expected.
func ParseURL(s string) (URL, error) {
	if len(s) > maxURL {
		return URL{}, fmt.Errorf("expected a URL of at most %d bytes, not %d", maxURL, len(s))
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F {
			return URL{}, errors.New("expected a URL in printable ASCII: write other characters percent-encoded, and host names with umlauts as xn--…")
		}
	}
	u, err := url.Parse(filledIn(s))
	switch {
	case err == nil && isHost(u.Hostname()):
	case unfilled(hostAsTyped(s)) != "":
		return URL{}, errHostPlaceholder
	default:
		return URL{}, errURLForm
	}
	switch u.Scheme {
	case "http", "https", "tftp", "ftp":
	default:
		return URL{}, errURLForm
	}
	if strings.HasSuffix(u.Host, ":") {
		return URL{}, errURLForm
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return URL{}, errors.New("expected a port from 1 to 65535")
		}
	}
	return URL{s}, nil
}

// String returns the URL as it was typed, or "" for the zero URL.
func (u URL) String() string { return u.s }

// IsZero reports whether u is the zero URL.
func (u URL) IsZero() bool { return u.s == "" }

// RestoreURL returns the URL of a string that a backend stored. It does not parse
// it again, to save that cost in every phone's request.
func RestoreURL(s string) URL { return URL{s} }

// host returns the host name that a phone would resolve, in comparable form. It
// relies on the checks of ParseURL.
func (u URL) host() string { return comparableHost(hostAsTyped(u.s)) }

func hostAsTyped(url string) string {
	_, host, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if v6, ok := strings.CutPrefix(host, "["); ok {
		host, _, _ = strings.Cut(v6, "]")
	} else {
		host, _, _ = strings.Cut(host, ":")
	}
	return host
}

// MarshalText implements [encoding.TextMarshaler] with the form of [URL.String].
func (u URL) MarshalText() ([]byte, error) { return []byte(u.s), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseURL]. The empty
// text is the zero URL.
func (u *URL) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*u = URL{}
		return nil
	}
	*u, err = ParseURL(string(text))
	return err
}

// PublicNames are the host names under which phones reach this service. A phone
// must not be redirected back to one of them. The zero value contains the two
// names that snom's firmware uses.
type PublicNames struct{ own []string }

var snomNames = []string{"provisioning.snom.com", "secure-provisioning.snom.com"}

// NewPublicNames returns the two names of snom's firmware and the given host names
// or addresses, which have no scheme or port.
func NewPublicNames(names ...string) (PublicNames, error) {
	var p PublicNames
	for _, name := range names {
		host := strings.Trim(strings.TrimSpace(name), "[]")
		if !isHost(host) {
			return PublicNames{}, fmt.Errorf("%q: expected a host name such as provisioning.example.com, without scheme or port", name)
		}
		p.own = append(p.own, comparableHost(host))
	}
	return p, nil
}

// ParseURL parses a URL like the function [ParseURL], and rejects one that points
// back at this service (ErrPointsBack).
func (p PublicNames) ParseURL(s string) (URL, error) {
	u, err := ParseURL(s)
	if err == nil && p.Contains(u) {
		return URL{}, fmt.Errorf("%w: expected the URL of a setting server elsewhere than %s", ErrPointsBack, u.host())
	}
	return u, err
}

// Contains reports whether u points back at this service.
func (p PublicNames) Contains(u URL) bool {
	host := u.host()
	return slices.Contains(snomNames, host) || slices.Contains(p.own, host)
}

// isHost reports whether a phone can resolve s: labels of letters, digits, '-' and
// '_', separated by dots, or an address. It rejects a name whose last label is a
// number, because C libraries read it as an address in an old notation, such as
// 127.1.
func isHost(s string) bool {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Zone() == ""
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for _, label := range labels {
		if label == "" || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	last := strings.ToLower(labels[len(labels)-1])
	return strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

// comparableHost returns host in a form in which equal hosts are equal strings: in
// lower case, without the trailing dot, and with addresses in one notation.
func comparableHost(host string) string {
	if strings.Trim(host, "0123456789.") == "" || strings.Contains(host, ":") {
		if addr, err := netip.ParseAddr(host); err == nil {
			return addr.Unmap().String()
		}
	}
	return strings.TrimRight(strings.ToLower(host), ".")
}
