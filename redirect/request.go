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

var errNotFound = errors.New("not found: expected /{model}/{model}.php?mac={MAC}, /{model}.php?mac={MAC}, /{model}.htm or /{model}-{MAC}.htm")

// A macError says what is wrong with the parameter mac, and what was expected.
type macError string

func (e macError) Error() string { return string(e) }

// parseRequest parses a phone's request. It returns errNotFound if no phone
// requests such a path, and a macError if the path is right but the MAC is wrong.
func parseRequest(path, rawQuery, userAgent string) (request, error) {
	r := request{agent: parseUserAgent(userAgent)}
	file := strings.TrimPrefix(path, "/")
	folder, inFolder, hasFolder := strings.Cut(file, "/")
	if hasFolder {
		file = inFolder
	}
	if name, ok := strings.CutSuffix(file, ".php"); ok {
		if !isModel(name) || hasFolder && !strings.EqualFold(folder, name) {
			return request{}, errNotFound
		}
		r.model = name
		var err error
		r.mac, err = macOf(rawQuery)
		return r, err
	}
	// A phone appends {model}.htm or {model}-{MAC}.htm to a setting server's URL
	// that has no file name. The MAC of the former is in the User-Agent, if at all.
	name, ok := strings.CutSuffix(file, ".htm")
	model, digits, hasMAC := strings.Cut(name, "-")
	if !ok || hasFolder || !isModel(model) {
		return request{}, errNotFound
	}
	r.model, r.mac = model, r.agent.MAC
	if hasMAC {
		var err error
		if r.mac, err = macaddr.Parse(digits); err != nil {
			return request{}, errNotFound
		}
	}
	return r, nil
}

func macOf(rawQuery string) (macaddr.Addr, error) {
	query, err := url.ParseQuery(rawQuery)
	switch values := query["mac"]; {
	case len(values) > 1:
		return macaddr.Addr{}, macError("mac is given more than once: expected one")
	case len(values) == 1:
		mac, err := macaddr.Parse(values[0])
		if err != nil {
			return macaddr.Addr{}, macError("mac: " + err.Error())
		}
		return mac, nil
	case err != nil:
		return macaddr.Addr{}, macError("the query is malformed: expected mac= and twelve hex digits, such as 0004132202E4")
	}
	return macaddr.Addr{}, macError("mac is missing: expected mac= and twelve hex digits, such as 0004132202E4")
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
