package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"snomredirect/macaddr"
)

// A phone is the phone that boots.
type phone struct {
	mac       macaddr.Addr
	model     string // as spelled in its paths
	firmware  string // numbers separated by dots
	userAgent string
}

// newPhone returns the phone that the flags describe. If a flag is empty, the value
// is that of a real phone with this MAC. The errors are about the flags.
func newPhone(mac, model, firmware, userAgent string) (p phone, err error) {
	if p.mac, err = macaddr.ParseShort(mac); err != nil {
		return p, fmt.Errorf("--mac %q: %w", mac, err)
	}
	if p.model = p.mac.Model(); model != "" {
		if p.model, err = parseModel(model); err != nil {
			return p, fmt.Errorf("--model %q: %w", model, err)
		}
	}
	if p.model == modelM3 {
		return p, fmt.Errorf("the M3 (--mac %v) is not simulated: it reads a settings format of its own; set another --model", p.mac)
	}
	if p.model == "" {
		return p, fmt.Errorf("--mac %v: not in a known range of snom phones: set the model too, such as --model snom360", p.mac)
	}
	if p.firmware = firmware; firmware == "" {
		seen := firmwares(p.model)
		p.firmware = seen[len(seen)-1]
	}
	if versionNumbers(p.firmware) == nil {
		return p, fmt.Errorf("--firmware %q: expected numbers separated by dots, such as 8.7.5.35", firmware)
	}
	if p.userAgent = userAgent; userAgent == "" {
		p.userAgent = userAgentOf(p.model, p.firmware, p.mac)
	}
	return p, nil
}

// modelM3 is the only model of snom's whose settings files have neither of the formats
// that snomphone reads.
const modelM3 = "snomM3"

// parseModel returns the spelling of a known model, ignoring case. It accepts
// unknown models, which may be newer than the table, as they are.
func parseModel(name string) (string, error) {
	if model, ok := macaddr.KnownModel(name); ok {
		return model, nil
	}
	for _, c := range name {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return "", errors.New("expected letters and digits, such as snom360 or snomD785")
		}
	}
	if !strings.HasPrefix(name, "snom") || name == "snom" {
		return "", errors.New("unknown model: expected one such as snom360 or snomD785")
	}
	return name, nil
}

// isDECT reports whether model is a DECT base (snomm9, snomM300, snomM900 …) and not
// a desk phone or snomMP.
func isDECT(model string) bool {
	rest := strings.ToLower(strings.TrimPrefix(model, "snom"))
	return len(rest) > 1 && rest[0] == 'm' && '0' <= rest[1] && rest[1] <= '9'
}

// readsXML reports whether the phone reads XML. Desk phones do since firmware 7.1.8,
// and DECT bases with any firmware.
func (p phone) readsXML() bool {
	return isDECT(p.model) || slices.Compare(versionNumbers(p.firmware), []int{7, 1, 8}) >= 0
}

// read parses a file as this phone does.
func (p phone) read(file []byte) (reply, error) {
	r, err := parseReply(file)
	if err == nil && r.xml && !p.readsXML() {
		return r, fmt.Errorf("XML, which desk phones read since firmware 7.1.8: serve the plain format to firmware %s", p.firmware)
	}
	return r, err
}

// versionNumbers returns the two to six numbers of a version, or nil.
func versionNumbers(s string) []int {
	var v []int
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || len(v) == 6 {
			return nil
		}
		v = append(v, int(n))
	}
	if len(v) < 2 {
		return nil
	}
	return v
}

// fill replaces {mac} and {phone_type} in a URL.
func (p phone) fill(s string) string {
	return strings.NewReplacer("{mac}", p.mac.String(), "{phone_type}", p.model).Replace(s)
}

// hardCoded returns the URL that the firmware has hard-coded, at base.
func (p phone) hardCoded(base string) string {
	return strings.TrimSuffix(base, "/") + "/" + p.model + "/" + p.model + ".php?mac={mac}"
}

// serverRequests returns the URLs that the phone requests for the URL of a setting
// server. If that has a file name without {mac}, they are that file and the phone's
// own, with -MAC before the ending.
func (p phone) serverRequests(given string) ([]string, error) {
	urls, err := p.requests(given)
	if len(urls) != 1 {
		return urls, err
	}
	if u, err := parseURL(urls[0]); err != nil || u.Path == "" || strings.HasSuffix(u.Path, "/") {
		return urls, err
	}
	path := given
	if end := strings.IndexAny(given, "?#"); end >= 0 {
		path = given[:end]
	}
	name := strings.LastIndexByte(path, '/') + 1
	if strings.Contains(given[name:], "{mac}") {
		return urls, nil
	}
	ending := len(path)
	if dot := strings.LastIndexByte(path, '.'); dot >= name {
		ending = dot
	}
	return append(urls, p.fill(given[:ending]+"-{mac}"+given[ending:])), nil
}

// requests returns the URLs that the phone requests for a URL that it was given:
// that URL or, if it has no file name, the model's file there and the phone's own.
func (p phone) requests(given string) ([]string, error) {
	s := p.fill(given)
	u, err := parseURL(s)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.Path != "" && !strings.HasSuffix(u.Path, "/") {
		return []string{s}, nil
	}
	u.Fragment = ""
	base := strings.TrimSuffix(u.String(), "/") + "/" + p.model
	return []string{base + ".htm", base + "-" + p.mac.String() + ".htm"}, nil
}

// errOtherScheme means that a real phone would follow the URL.
var errOtherScheme = errors.New("snomphone follows only http and https: check this URL by other means")

// parseURL parses a URL that this phone can request.
func parseURL(s string) (*url.URL, error) {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F {
			return nil, fmt.Errorf("%q is not a URL: it contains blanks or characters other than printable ASCII", hideLogin(s))
		}
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not a URL: expected http or https and a host", hideLogin(s))
	case u.Scheme == "tftp" || u.Scheme == "ftp":
		return nil, fmt.Errorf("%s: %w", hideLogin(s), errOtherScheme)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not a URL that a phone can request: expected http or https and a host", hideLogin(s))
	}
	return u, nil
}
