package main

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/icholy/digest"

	"snomredirect/redirect/settings"
)

// A login is a user and a password for a server. The zero login is none.
type login struct{ user, password string }

// loginOf returns the user and the password in a URL.
func loginOf(u *url.URL) login {
	password, _ := u.User.Password()
	return login{u.User.Username(), password}
}

// originOf returns the scheme, the host and the port of a URL. A login for one origin
// is not for another.
func originOf(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

var (
	errNeedsLogin    = errors.New("the server requires a user and a password: put them into the URL, or into http_client_user and http_client_pass")
	errLoginRejected = errors.New("the server rejected the user and the password")
	errChallenge     = errors.New("the server requires a user and a password, but its WWW-Authenticate has no challenge that snomphone can answer: expected Basic, or Digest with MD5, SHA-256 or SHA-512")
)

// answer sets the request's Authorization as the challenges of a response require.
// It prefers Digest, and returns the scheme.
func (l login) answer(request *http.Request, challenges http.Header) (scheme string, err error) {
	if challenge, err := digest.FindChallenge(challenges); err == nil {
		credentials, err := digest.Digest(challenge, digest.Options{
			Method:   request.Method,
			URI:      request.URL.RequestURI(),
			Username: l.user,
			Password: l.password,
		})
		if err != nil {
			return "", errChallenge
		}
		request.Header.Set("Authorization", credentials.String())
		return "Digest", nil
	}
	for _, challenge := range challenges.Values("WWW-Authenticate") {
		if scheme, _, _ := strings.Cut(challenge, " "); strings.EqualFold(scheme, "Basic") {
			request.SetBasicAuth(l.user, l.password)
			return "Basic", nil
		}
	}
	return "", errChallenge
}

// hidden replaces a user and a password in what is shown.
const hidden = "***"

// loginInText finds the user and the password of URLs in a text.
var loginInText = regexp.MustCompile(`://[^/?#\s"'<>]*@`)

// hideLogins returns a text without the users and passwords of the URLs in it.
func hideLogins(text string) string {
	return loginInText.ReplaceAllLiteralString(text, "://"+hidden+"@")
}

// hideLogin returns a URL without its user and password. If s is no valid URL or has
// an '@' after a '#', that may be in a password, so all up to the last '@' is hidden.
func hideLogin(s string) string {
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
	return hideLogins(s)
}

// withoutLogins returns an error about a command line without the users and passwords
// in its arguments.
func withoutLogins(text string, args []string) string {
	for _, arg := range args {
		if strings.Contains(arg, "@") {
			text = strings.ReplaceAll(text, arg, hideLogin(arg))
		}
	}
	return text
}

// shown returns a setting as it may be shown: without users and passwords for
// servers.
func (s setting) shown() setting {
	switch s.Name {
	case httpUser, httpPassword:
		if s.Value != "" {
			s.Value = hidden
		}
	case settingServer, firmwareStatus:
		s.Value = hideLogin(s.Value)
	default:
		if scheme, _, ok := strings.Cut(s.Value, "://"); ok && settings.IsName(scheme) {
			s.Value = hideLogin(s.Value)
		} else {
			s.Value = hideLogins(s.Value)
		}
	}
	return s
}
