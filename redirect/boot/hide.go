package boot

import (
	"net/url"
	"regexp"
	"strings"

	"snomredirect/redirect/settings"
)

// hidden replaces a user and a password in what is shown.
const hidden = "***"

// loginInText finds the user and the password of URLs in a text.
var loginInText = regexp.MustCompile(`://[^/?#\s"'<>]*@`)

// HideLogins returns a text without the users and passwords of the URLs in it.
func HideLogins(text string) string {
	return loginInText.ReplaceAllLiteralString(text, "://"+hidden+"@")
}

// HideLogin returns a URL without its user and password. If s is no valid URL or has
// an '@' after a '#', that may be in a password, so all up to the last '@' is hidden.
func HideLogin(s string) string {
	start, end := 0, len(s)
	if i := strings.Index(s, "://"); i >= 0 && !strings.ContainsAny(s[:i], "/?#@") {
		start = i + len("://")
		u, err := url.Parse(s)
		if authority := strings.IndexAny(s[start:], "/?#"); authority >= 0 && err == nil && u.Host != "" && !strings.Contains(u.Fragment, "@") {
			end = start + authority
		}
	}
	if at := strings.LastIndexByte(s[start:end], '@'); at >= 0 {
		s = s[:start] + hidden + s[start+at:]
	}
	return HideLogins(s)
}

// shown returns a setting as it may be shown: without users and passwords for
// servers.
func (s Setting) shown() Setting {
	switch s.Name {
	case httpUser, httpPassword:
		if s.Value != "" {
			s.Value = hidden
		}
	case settingServer, firmwareStatus:
		s.Value = HideLogin(s.Value)
	default:
		if scheme, _, ok := strings.Cut(s.Value, "://"); ok && settings.IsName(scheme) {
			s.Value = HideLogin(s.Value)
		} else {
			s.Value = HideLogins(s.Value)
		}
	}
	return s
}
