package boot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"snomredirect/redirect/boot/tftp"
)

// maxHeader is the limit on a response's header, in bytes.
const maxHeader = 16 << 10

// A Dialer opens connections over TCP, and sockets over UDP for TFTP. If nil,
// [net.Dialer] does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// NewTransport returns a transport that sends requests as phones do: over HTTP each on a
// connection of its own, without proxies, cookies or compression; or over TFTP.
func NewTransport(dial Dialer, tls *tls.Config) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	t := &http.Transport{
		Protocols:              &protocols,
		DialContext:            dial,
		TLSClientConfig:        tls,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
	t.RegisterProtocol("tftp", tftp.Transport{Dial: tftp.Dialer(dial)})
	return t
}

// A Client sends requests. It follows no redirects.
type Client struct{ Transport http.RoundTripper }

// A Response is what the client reads of a server's response.
type Response struct {
	Status   int    // over TFTP 200, or 404 for a missing file
	Scheme   string // of the login that was sent, "Basic" or "Digest"
	Location string // if the status is a redirect
	Body     []byte // if the status is 200
}

// Get sends a request, and again with l if the server requires a login and l is one. If
// the body is longer than limit, in bytes, it returns an error.
func (c Client) Get(ctx context.Context, url, userAgent string, l Login, limit int) (r Response, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return r, errors.New("not a URL") // err contains the URL, and so its password
	}
	request.URL.User = nil // so that relative redirects don't contain it
	request.Header.Set("User-Agent", userAgent)
	got, err := c.Transport.RoundTrip(request)
	if err == nil && got.StatusCode == http.StatusUnauthorized && l != (Login{}) {
		_ = got.Body.Close()
		if r.Scheme, err = l.answer(request, got.Header); err != nil {
			r.Status = got.StatusCode
			return r, err
		}
		got, err = c.Transport.RoundTrip(request)
	}
	if err != nil {
		return r, ExplainTLS(err)
	}
	defer got.Body.Close()
	r.Status = got.StatusCode
	switch r.Status {
	case http.StatusOK:
		r.Body, err = io.ReadAll(io.LimitReader(got.Body, int64(limit)+1))
		if err == nil && len(r.Body) > limit {
			err = fmt.Errorf("the reply is longer than %d bytes", limit)
		}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, noLocation := got.Location()
		if noLocation != nil {
			return r, errors.New("a redirect without a valid Location")
		}
		r.Location = next.String()
	case http.StatusUnauthorized:
		if err = errNeedsLogin; r.Scheme != "" {
			err = errLoginRejected
		}
	}
	return r, err
}

// StatusText returns a status of HTTP such as "404 Not Found". The text is net/http's,
// not the server's.
func StatusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}
