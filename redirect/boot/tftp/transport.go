package tftp

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// defaultPort is the port of URLs that name none.
const defaultPort = "69"

// A Transport requests URLs with the scheme tftp, for
// [http.Transport.RegisterProtocol]. A file's response has the status 200, and that of a
// missing one 404. All else that a server reports is an error.
type Transport struct{ Dial Dialer }

// RoundTrip implements [http.RoundTripper]. It sends only the name of the file.
func (t Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	address := net.JoinHostPort(request.URL.Hostname(), cmp.Or(request.URL.Port(), defaultPort))
	response := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, ContentLength: -1, Request: request}
	file, err := Open(request.Context(), t.Dial, address, nameOf(request.URL))
	if reported := (*Error)(nil); errors.As(err, &reported) && reported.Code == NotFound {
		response.StatusCode, response.Body = http.StatusNotFound, http.NoBody
		return response, nil
	}
	if err != nil {
		return nil, err
	}
	response.Body = file
	return response, nil
}

// nameOf returns the file that a URL names (RFC 3617): what follows the first slash.
func nameOf(u *url.URL) string {
	name := strings.TrimPrefix(u.Path, "/")
	if u.RawQuery != "" {
		name += "?" + u.RawQuery
	}
	return name
}
