package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Limits on a server's reply.
const (
	maxReply  = 1 << 20
	maxHeader = 16 << 10
	replyTime = 10 * time.Second
)

var errTooLong = fmt.Errorf("the reply is longer than %d bytes", maxReply)

// A dialer opens connections. If nil, [net.Dialer] does.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// A client sends requests as phones do: each on a connection of its own, without
// proxies, cookies or compression.
type client struct{ transport *http.Transport }

func newClient(dial dialer, tls *tls.Config) client {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return client{&http.Transport{
		Protocols:              &protocols,
		DialContext:            dial,
		TLSClientConfig:        tls,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}}
}

// A response is what the client reads of a server's response.
type response struct {
	status   int
	scheme   string // of the login that was sent, "Basic" or "Digest"
	location string // if the status is a redirect
	body     []byte // if the status is 200
}

// get sends a request, and again with l if the server requires a login and l is one.
func (c client) get(ctx context.Context, url, userAgent string, l login) (r response, err error) {
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return r, errors.New("not a URL") // err contains the URL, and so its password
	}
	request.URL.User = nil // so that relative redirects don't contain it
	request.Header.Set("User-Agent", userAgent)
	got, err := c.transport.RoundTrip(request)
	if err == nil && got.StatusCode == http.StatusUnauthorized && l != (login{}) {
		_ = got.Body.Close()
		if r.scheme, err = l.answer(request, got.Header); err != nil {
			r.status = got.StatusCode
			return r, err
		}
		got, err = c.transport.RoundTrip(request)
	}
	if err != nil {
		return r, explainTLS(err)
	}
	defer got.Body.Close()
	r.status = got.StatusCode
	switch r.status {
	case http.StatusOK:
		r.body, err = io.ReadAll(io.LimitReader(got.Body, maxReply+1))
		if err == nil && len(r.body) > maxReply {
			err = errTooLong
		}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, noLocation := got.Location()
		if noLocation != nil {
			return r, errors.New("a redirect without a valid Location")
		}
		r.location = next.String()
	case http.StatusUnauthorized:
		if err = errNeedsLogin; r.scheme != "" {
			err = errLoginRejected
		}
	}
	return r, err
}

// statusText returns a status such as "404 Not Found". The text is net/http's, not
// the server's.
func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}
