// Package hawk signs and checks HTTP requests by Hawk, version 1, with HMAC-SHA256: the
// client has a key and sends a MAC of what it requests, and never the key. It follows
// https://github.com/mozilla/hawk/blob/main/API.md, without delegation (app and dlg) and
// without signatures of responses.
package hawk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Header is what a request's Authorization header contains.
type Header struct {
	ID    string // of the key
	TS    int64  // when it was signed, in Unix seconds
	Nonce string // which no other request of the same key and second has
	Hash  string // of the payload, or ""
	Ext   string
	MAC   string
}

// A Target is what a MAC covers of a request besides its Header.
type Target struct {
	Method   string // in any case
	Resource string // the path and the query as they are sent
	Host     string // without the port, in any case
	Port     string
}

// TargetOf returns the target of a request that a server has received. If its Host has
// no port, the port is that of HTTPS or HTTP.
func TargetOf(r *http.Request, https bool) Target {
	t := Target{Method: r.Method, Resource: r.RequestURI, Host: r.Host, Port: "80"}
	if https {
		t.Port = "443"
	}
	if !strings.HasPrefix(t.Resource, "/") { // the absolute form, for a proxy
		t.Resource = r.URL.RequestURI()
	}
	if host, port, err := net.SplitHostPort(r.Host); err == nil {
		t.Host, t.Port = host, port
	}
	t.Host = strings.Trim(t.Host, "[]")
	return t
}

// ParseTarget returns the target of a request that a client is about to send.
func ParseTarget(method, rawURL string) (Target, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Target{}, fmt.Errorf("%q: expected a URL that begins with http:// or https://", rawURL)
	}
	t := Target{Method: method, Resource: u.RequestURI(), Host: u.Hostname(), Port: u.Port()}
	switch {
	case t.Port != "":
	case u.Scheme == "https":
		t.Port = "443"
	default:
		t.Port = "80"
	}
	return t, nil
}

// Sum returns the MAC that a request with h to t has if it is signed with key.
func (h Header) Sum(key string, t Target) string {
	return sum(key, "hawk.1.header\n"+strconv.FormatInt(h.TS, 10)+"\n"+h.Nonce+"\n"+strings.ToUpper(t.Method)+"\n"+
		t.Resource+"\n"+strings.ToLower(t.Host)+"\n"+t.Port+"\n"+h.Hash+"\n"+h.Ext+"\n")
}

// Signed reports whether a request with h to t is signed with key.
func (h Header) Signed(key string, t Target) bool {
	return hmac.Equal([]byte(h.Sum(key, t)), []byte(h.MAC))
}

// New returns the signed Header of a new request. The hash is that of its payload, or
// "" to leave that unsigned.
func New(id, key string, t Target, hash string, now time.Time) Header {
	h := Header{ID: id, TS: now.Unix(), Nonce: rand.Text()[:16], Hash: hash}
	h.MAC = h.Sum(key, t)
	return h
}

// String returns h as the value of an Authorization header.
func (h Header) String() string {
	s := fmt.Sprintf(`Hawk id="%s", ts="%d", nonce="%s"`, h.ID, h.TS, h.Nonce)
	for _, a := range []struct{ name, value string }{{"hash", h.Hash}, {"ext", h.Ext}, {"mac", h.MAC}} {
		if a.value != "" {
			s += fmt.Sprintf(`, %s="%s"`, a.name, a.value)
		}
	}
	return s
}

// PayloadHash returns the hash of a payload, given the value of its Content-Type header,
// whose parameters don't count.
func PayloadHash(contentType string, payload []byte) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	s := sha256.New()
	fmt.Fprintf(s, "hawk.1.payload\n%s\n%s\n", kind, payload)
	return base64.StdEncoding.EncodeToString(s.Sum(nil))
}

// Stale returns the WWW-Authenticate header for a request that was signed with key at
// another time than now. The client can believe the time, which is signed too.
func Stale(key string, now time.Time) string {
	ts := strconv.FormatInt(now.Unix(), 10)
	return fmt.Sprintf(`Hawk ts="%s", tsm="%s", error="Stale timestamp"`, ts, sum(key, "hawk.1.ts\n"+ts+"\n"))
}

func sum(key, normalized string) string {
	s := hmac.New(sha256.New, []byte(key))
	_, _ = s.Write([]byte(normalized)) // never fails
	return base64.StdEncoding.EncodeToString(s.Sum(nil))
}
