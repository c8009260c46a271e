package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	"snomredirect/redirect/boot"
)

func newClient(dial boot.Dialer, config *tls.Config) boot.Client {
	return boot.Client{Transport: explaining{boot.NewTransport(dial, config)}}
}

// explaining is a transport whose errors name the flag that may help.
type explaining struct{ http.RoundTripper }

func (t explaining) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(request)
	if unknown := (x509.UnknownAuthorityError{}); errors.As(err, &unknown) {
		err = fmt.Errorf("%w; --cacert sets the CAs to trust", boot.ExplainTLS(err))
	}
	return response, err
}
