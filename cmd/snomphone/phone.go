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

// A phone is who asks.
type phone struct {
	mac       macaddr.Addr
	model     string // as it spells itself in a path
	firmware  string // numbers between dots
	userAgent string
}

// newPhone returns the phone that the flags describe; what they leave empty is
// as with a real one of that MAC. The errors are about the flags.
func newPhone(mac, model, firmware, userAgent string) (p phone, err error) {
	if p.mac, err = macaddr.ParseShort(mac); err != nil {
		return p, fmt.Errorf("--mac %q: %w", mac, err)
	}
	if p.model = p.mac.Model(); model != "" {
		if p.model, err = parseModel(model); err != nil {
			return p, fmt.Errorf("--model %q: %w", model, err)
		}
	}
	if p.model == "" {
		return p, fmt.Errorf("--mac %v: in no known range of snom's: name the model too, such as --model snom360", p.mac)
	}
	if p.firmware = firmware; firmware == "" {
		seen := firmwares(p.model)
		p.firmware = seen[len(seen)-1]
	}
	if versionNumbers(p.firmware) == nil {
		return p, fmt.Errorf("--firmware %q: expected numbers between dots, such as 8.7.5.35", firmware)
	}
	if p.userAgent = userAgent; userAgent == "" {
		p.userAgent = userAgentOf(p.model, p.firmware, p.mac)
	}
	return p, nil
}

// parseModel takes a model that the table knows in any case, and one that is
// newer than it as it is spelled.
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
		return "", errors.New("no known model: expected one such as snom360 or snomD785")
	}
	return name, nil
}

// isDECT tells the bases snomm9, snomM300, snomM900 … from the desk phones and
// snomMP.
func isDECT(model string) bool {
	rest := strings.ToLower(strings.TrimPrefix(model, "snom"))
	return len(rest) > 1 && rest[0] == 'm' && '0' <= rest[1] && rest[1] <= '9'
}

// readsXML reports whether the phone reads XML: desk phones do from firmware
// 7.1.8 on. DECT bases do, whose version numbers say nothing about it.
func (p phone) readsXML() bool {
	return isDECT(p.model) || slices.Compare(versionNumbers(p.firmware), []int{7, 1, 8}) >= 0
}

// read reads a file as this phone does.
func (p phone) read(file []byte) (reply, error) {
	r, err := parseReply(file)
	if err == nil && r.xml && !p.readsXML() {
		return r, fmt.Errorf("XML, which a desk phone reads from firmware 7.1.8 on and this one, %s, does not: give it the plain form", p.firmware)
	}
	return r, err
}

// versionNumbers returns the numbers of a version of two to six, or nil.
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

// fill fills in what stands for the phone in a URL.
func (p phone) fill(s string) string { return strings.ReplaceAll(s, "{mac}", p.mac.String()) }

// hardCoded returns the URL that the firmware asks, at base.
func (p phone) hardCoded(base string) string {
	return strings.TrimSuffix(base, "/") + "/" + p.model + "/" + p.model + ".php?mac={mac}"
}

// requests returns what the phone asks for a URL that it was given: that URL
// or, where it has no file name, the model's file there and the phone's own.
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

// errOtherScheme: real phones go on, and this one does not.
var errOtherScheme = errors.New("this phone follows http and https only: look at what is there by other means")

// parseURL reads a URL that this phone can ask.
func parseURL(s string) (*url.URL, error) {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F {
			return nil, fmt.Errorf("%q is no URL: it holds blanks or other characters than printable ASCII", s)
		}
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL: expected http or https and a host", s)
	case u.Scheme == "tftp" || u.Scheme == "ftp":
		return nil, fmt.Errorf("%s: %w", s, errOtherScheme)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is no URL that a phone can ask: expected http or https and a host", s)
	}
	return u, nil
}
