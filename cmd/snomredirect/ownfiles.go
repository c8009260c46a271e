package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"snomredirect/redirect/files"
	"snomredirect/store"
)

// An ownFiles is a transport for phones that CHECK plays. It answers requests for the
// account's setting files here itself: the service requests nothing of its own host, and
// has no phone's certificate. All others are for next.
type ownFiles struct {
	files http.Handler
	url   string // of the account's files, with a slash at its end
	next  http.RoundTripper
}

// ownFiles returns a transport that answers requests for the account's setting files, or
// next if the account has none or they are not served.
func (v *service) ownFiles(account store.AccountID, next http.RoundTripper) http.RoundTripper {
	if v.flags.Files == "" {
		return next
	}
	space, err := v.db.FileSpace(account)
	if err != nil || space.Token == "" {
		return next
	}
	c := v.filesConfig()
	c.RequireProof, c.Scans, c.Log, c.OnFetch, c.Observe = false, nil, nil, nil, nil
	return ownFiles{files.New(c), v.filesURL(space.Token), next}
}

// RoundTrip implements [http.RoundTripper].
func (o ownFiles) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.String(), o.url) {
		return o.next.RoundTrip(r)
	}
	served := r.Clone(r.Context())
	served.Body, served.TLS = http.NoBody, nil
	a := answer{header: http.Header{}, status: http.StatusOK}
	o.files.ServeHTTP(&a, served)
	return &http.Response{
		Status: fmt.Sprint(a.status, " ", http.StatusText(a.status)), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r,
	}, nil
}

// An answer is an [http.ResponseWriter] that keeps what is written.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
