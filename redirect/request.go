package redirect

import (
	"errors"
	"net/url"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
)

// A request is what a phone says about itself in the path, the query and the
// User-Agent.
type request struct {
	model string       // from the path
	mac   macaddr.Addr // the zero Addr if the request needs none and has none
	agent userAgent
}

// errNotFound is what a phone that sent a [pathError] is answered.
var errNotFound = errors.New("not found: expected /{model}/{model}.php?mac={MAC}, /{model}/{model}.htm or /{model}/{model}-{MAC}.htm, with or without the folder")

// A pathError says why no phone requests a path.
type pathError string

func (e pathError) Error() string { return string(e) }

// The errors of paths.
const (
	errNoFile      = pathError("the path ends in neither .php nor .htm")
	errTooDeep     = pathError("the path has more than one folder")
	errNoModel     = pathError("the file name is not a model: expected only letters and digits")
	errOtherFolder = pathError("the folder and the file name are not the same model")
)

// A macError says what is wrong with the parameter mac, and what was expected.
type macError string

func (e macError) Error() string { return string(e) }

// parseRequest parses a phone's request. The error is a pathError if no phone
// requests such a path, and a macError if the path is right but the MAC is wrong.
// The request then has what was parsed before.
func parseRequest(path, rawQuery, userAgent string) (request, error) {
	r := request{agent: parseUserAgent(userAgent)}
	// A server's URL that ends in a slash gets another from the phone.
	file := strings.TrimLeft(path, "/")
	folder, inFolder, hasFolder := strings.Cut(file, "/")
	if hasFolder {
		file = strings.TrimLeft(inFolder, "/")
	}
	// A phone appends {model}.htm or {model}-{MAC}.htm to a setting server's URL
	// that has no file name, and firmware 3 to 5 requests these in the model's
	// folder. The MAC of the former is in the User-Agent, if at all.
	model, php := strings.CutSuffix(file, ".php")
	var digits string
	var htm, hasMAC bool
	if !php {
		model, htm = strings.CutSuffix(file, ".htm")
		model, digits, hasMAC = strings.Cut(model, "-")
	}
	switch {
	case !php && !htm:
		return r, errNoFile
	case strings.Contains(file, "/"):
		return r, errTooDeep
	case !isModel(model):
		return r, errNoModel
	case hasFolder && !strings.EqualFold(folder, model):
		return r, errOtherFolder
	}
	r.model = model
	var err error
	switch {
	case php:
		r.mac, err = macOf(rawQuery)
	case hasMAC:
		if r.mac, err = macaddr.Parse(digits); err != nil {
			err = pathError("the MAC in the file name: " + err.Error())
		}
	default:
		r.mac = r.agent.MAC
	}
	return r, err
}

// macOf returns the MAC of the parameter mac. Without one, its name can be in another
// case.
func macOf(rawQuery string) (macaddr.Addr, error) {
	var exact, folded parameter
	malformed := false
	for pair := range strings.SplitSeq(rawQuery, "&") {
		switch name, value, ok := parsePair(pair); {
		case !ok:
			malformed = true
		case name == "mac":
			exact.add(value)
		case strings.EqualFold(name, "mac"):
			folded.add(value)
		}
	}
	found := exact
	if exact.n == 0 {
		found = folded
	}
	switch {
	case found.n > 1:
		return macaddr.Addr{}, macError("mac is given more than once: expected one")
	case found.n == 1:
		mac, err := macaddr.Parse(found.value)
		if err != nil {
			return macaddr.Addr{}, macError("mac: " + err.Error())
		}
		return mac, nil
	case malformed:
		return macaddr.Addr{}, macError("the query is malformed: expected mac= and twelve hex digits, such as 0004132202E4")
	}
	return macaddr.Addr{}, macError("mac is missing: expected mac= and twelve hex digits, such as 0004132202E4")
}

// A parameter of a query has n values, of which value is the last.
type parameter struct {
	n     int
	value string
}

func (p *parameter) add(value string) { p.n, p.value = p.n+1, value }

// parsePair parses a name and its value as [url.ParseQuery] does, which makes a map of
// all.
func parsePair(pair string) (name, value string, ok bool) {
	name, value, _ = strings.Cut(pair, "=")
	name, err := url.QueryUnescape(name)
	if err != nil || strings.Contains(pair, ";") {
		return "", "", false
	}
	value, err = url.QueryUnescape(value)
	return name, value, err == nil
}

// format returns the settings format that the phone reads. A phone that is not
// known to read another gets plain, and so does a DECT base.
func (r request) format() settings.Format {
	const m9 = "snomm9"
	switch {
	case strings.EqualFold(r.model, m9), strings.EqualFold(r.agent.Model, m9):
		return settings.Container
	case r.agent.Desk && readsXML(r.agent.Firmware):
		return settings.XML
	}
	return settings.Plain
}
