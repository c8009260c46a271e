package check

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

func (r *reading) checkKey(k *settings.FunctionKey) {
	r.checkFlag(k.Pos, "fkey", k.Flag)
	r.checkPlaceholder(k.Pos, "fkey", k.Value)
	if _, err := strconv.ParseUint(k.Index, 10, 31); err != nil {
		r.add(k.Pos, Error, IndexRange, "fkey: idx is %q: expected the number of a key, from 0", k.Index)
	}
	if n, err := strconv.ParseUint(k.Context, 10, 31); k.Context != "" && k.Context != "active" && (err != nil || n < 1 || n > identities) {
		r.add(k.Pos, Error, IndexRange, `fkey: context is %q: expected "active" or an identity, 1 to %d`, k.Context, identities)
	}
	r.checkTwice(k.Pos, key{name: "fkey", index: k.Index, context: k.Context}, "fkey "+k.Index)
}

func (r *reading) checkDialRule(d *settings.DialRule) {
	if why := wrongPattern(d.Match); why != "" {
		r.add(d.Pos, Error, DialPlan, "match is %q: %s", d.Match, why)
	}
	if _, err := strconv.ParseUint(d.Timeout, 10, 16); d.Timeout != "" && err != nil {
		r.add(d.Pos, Error, DialPlan, "timeout is %q: expected a number of seconds, 0 to dial at once", d.Timeout)
	}
	if d.User != "" && !strings.EqualFold(d.User, "phone") && !strings.EqualFold(d.User, "ip") {
		r.add(d.Pos, Error, DialPlan, `user is %q: expected "phone" or "ip"`, d.User)
	}
}

// wrongPattern returns why no number can match a pattern, or "". In patterns '.' is any
// character, '*' one or more, and ',' a secondary dial tone.
func wrongPattern(match string) string {
	switch {
	case match == "":
		return "expected digits, or a pattern with . for any character and * for one or more"
	case strings.ContainsFunc(match, unicode.IsSpace):
		return "no number contains a space"
	case strings.Count(match, "[") != strings.Count(match, "]"):
		return "a [ has no ], or the reverse"
	case strings.Count(match, "(") != strings.Count(match, ")"):
		return "a ( has no ), or the reverse"
	}
	return ""
}

func (r *reading) checkFirmware(f *settings.Firmware) {
	if f.Flag != settings.NoFlag && f.Flag != settings.EmptyFlag { // snom's slides write perm=""
		r.add(f.Pos, Error, FirmwareFlag, "<firmware> has no flag: delete perm=%q", string(f.Flag))
	}
	u := r.checkURL(f.Pos, "<firmware>", f.URL)
	if v := r.Phone.Firmware; u != nil && u.Scheme == "https" && !r.forDECT && (v == settings.Version{} || v.Before(settings.Version{8})) {
		r.add(f.Pos, Warning, FirmwareOverHTTPS, "firmware 7 loads images only by http or tftp: use an http URL, unless all phones have firmware 8 or later")
	}
}

// placeholder matches what phones fill in, as {mac}.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// checkURL checks the URL of a file that a phone requests, and returns it with 0 for
// what the phone fills in, or nil.
func (r *reading) checkURL(at settings.Pos, what, value string) *url.URL {
	u, err := url.Parse(placeholder.ReplaceAllString(strings.TrimSpace(value), "0"))
	switch {
	case value == "":
		r.add(at, Error, MalformedURL, "%s is empty: expected a URL such as http://prov.example.com/snom/general.xml", what)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "tftp":
		r.add(at, Error, MalformedURL, "%s is not a URL that phones request: expected one such as http://prov.example.com/snom/general.xml", what)
	default:
		return u
	}
	return nil
}

// checkServerURL checks whether a setting server is one.
func (r *reading) checkServerURL(s *settings.Setting) {
	_, err := r.PublicNames.ParseURL(strings.TrimSpace(s.Value))
	switch {
	case errors.Is(err, store.ErrPointsBack):
		r.add(s.Pos, Error, LeadsBack, "%s leads back to the redirection service: write the URL of your own setting server", s.Name)
	case err != nil && !strings.HasPrefix(strings.TrimSpace(s.Value), "tftp:"):
		r.add(s.Pos, Error, MalformedURL, "%s is not the URL of a setting server: expected one such as http://prov.example.com/snom/{mac}.htm", s.Name)
	}
}
