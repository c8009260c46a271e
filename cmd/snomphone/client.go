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

// Limits on what a server may do to this phone.
const (
	maxReply  = 1 << 20
	maxHeader = 16 << 10
	replyTime = 10 * time.Second
)

var errTooLong = fmt.Errorf("the reply is longer than %d bytes", maxReply)

// A dialer opens connections; nil is the network's own.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// A client asks as phones do: each question on a connection of its own, without
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

// An answer is what a server said, of which the body is read only where the
// status is 200.
type answer struct {
	status   int
	location string // where the status is a redirect
	body     []byte
}

func (c client) get(ctx context.Context, url, userAgent string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("User-Agent", userAgent)
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return answer{}, inWords(err)
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode}
	switch a.status {
	case http.StatusOK:
		a.body, err = io.ReadAll(io.LimitReader(response.Body, maxReply+1))
		if err == nil && len(a.body) > maxReply {
			err = errTooLong
		}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, noLocation := response.Location()
		if noLocation != nil {
			return a, errors.New("a redirect to nowhere")
		}
		a.location = next.String()
	}
	return a, err
}

// statusText is such as "404 Not Found", in the library's words and not in the
// server's.
func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}
