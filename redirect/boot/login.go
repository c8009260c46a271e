package boot

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/icholy/digest"
)

// A Login is a user and a password for a server. The zero Login is none.
type Login struct{ user, password string }

// LoginOf returns the user and the password in a URL.
func LoginOf(u *url.URL) Login {
	password, _ := u.User.Password()
	return Login{u.User.Username(), password}
}

// originOf returns the scheme, the host and the port of a URL. A login for one origin
// is not for another.
func originOf(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	case u.Scheme == "tftp":
		port = "69"
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
func (l Login) answer(request *http.Request, challenges http.Header) (scheme string, err error) {
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
