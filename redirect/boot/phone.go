package boot

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"snomredirect/macaddr"
)

// A Phone is the phone that boots.
type Phone struct {
	MAC       macaddr.Addr
	Model     string // as spelled in its paths
	Firmware  string // numbers separated by dots
	UserAgent string
}

// NewPhone returns a phone as real ones with this MAC are. If model is "", it is that of
// the MAC's range; if firmware is "", the latest one known for the model.
func NewPhone(mac macaddr.Addr, model, firmware string) (Phone, error) {
	switch model = cmp.Or(model, mac.Model()); model {
	case "":
		return Phone{}, fmt.Errorf("%v is not in a known range of snom phones", mac)
	case ModelM3:
		return Phone{}, errors.New("the M3 is not simulated: it reads a settings format of its own")
	}
	if firmware == "" {
		seen := Firmwares(model)
		firmware = seen[len(seen)-1]
	}
	return Phone{mac, model, firmware, UserAgentOf(model, firmware, mac)}, nil
}

// ModelM3 is the only model of snom's whose settings files have neither of the formats
// that this package reads.
const ModelM3 = "snomM3"

// ParseModel returns the spelling of a known model, ignoring case. It accepts
// unknown models, which may be newer than the table, as they are.
func ParseModel(name string) (string, error) {
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
func (p Phone) readsXML() bool {
	return isDECT(p.Model) || slices.Compare(VersionNumbers(p.Firmware), []int{7, 1, 8}) >= 0
}

// Read parses a file as this phone does.
func (p Phone) Read(file []byte) (Reply, error) {
	r, err := parseReply(file)
	if err == nil && r.XML && !p.readsXML() {
		return r, fmt.Errorf("XML, which desk phones read since firmware 7.1.8: serve the plain format to firmware %s", p.Firmware)
	}
	return r, err
}

// VersionNumbers returns the two to six numbers of a version, or nil.
func VersionNumbers(s string) []int {
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

// Fill replaces {mac} and {phone_type} in a URL.
func (p Phone) Fill(s string) string {
	return strings.NewReplacer("{mac}", p.MAC.String(), "{phone_type}", p.Model).Replace(s)
}

// HardCoded returns the URL that the firmware has hard-coded, at base.
func (p Phone) HardCoded(base string) string {
	return strings.TrimSuffix(base, "/") + "/" + p.Model + "/" + p.Model + ".php?mac={mac}"
}

// serverRequests returns the URLs that the phone requests for the URL of a setting
// server. If that has a file name without {mac}, they are that file and the phone's
// own, with -MAC before the ending.
func (p Phone) serverRequests(given string) ([]string, error) {
	urls, err := p.requests(given)
	if len(urls) != 1 {
		return urls, err
	}
	if u, err := ParseURL(urls[0]); err != nil || u.Path == "" || strings.HasSuffix(u.Path, "/") {
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
	return append(urls, p.Fill(given[:ending]+"-{mac}"+given[ending:])), nil
}

// requests returns the URLs that the phone requests for a URL that it was given:
// that URL or, if it has no file name, the model's file there and the phone's own.
func (p Phone) requests(given string) ([]string, error) {
	s := p.Fill(given)
	u, err := ParseURL(s)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.Path != "" && !strings.HasSuffix(u.Path, "/") {
		return []string{s}, nil
	}
	u.Fragment = ""
	base := strings.TrimSuffix(u.String(), "/") + "/" + p.Model
	return []string{base + ".htm", base + "-" + p.MAC.String() + ".htm"}, nil
}

// ErrOtherScheme means that a real phone would follow the URL.
var ErrOtherScheme = errors.New("snomphone follows only http, https and tftp: check this URL by other means")

// maxURL bounds the URLs that a phone requests, in bytes.
const maxURL = 2000

// ParseURL parses a URL that a Walk can request.
func ParseURL(s string) (*url.URL, error) {
	if len(s) > maxURL {
		return nil, fmt.Errorf("a URL of %d bytes: expected at most %d", len(s), maxURL)
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F {
			return nil, fmt.Errorf("%q is not a URL: it contains blanks or characters other than printable ASCII", HideLogin(s))
		}
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not a URL: expected http, https or tftp and a host", HideLogin(s))
	case u.Scheme == "ftp":
		return nil, fmt.Errorf("%s: %w", HideLogin(s), ErrOtherScheme)
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "tftp" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not a URL that a phone can request: expected http, https or tftp and a host", HideLogin(s))
	}
	return u, nil
}
