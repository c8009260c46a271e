package files

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A goneClient receives nothing any more.
type goneClient struct{ http.ResponseWriter }

func (goneClient) Write([]byte) (int, error) { return 0, errors.New("gone") }

// A client that requests several ranges and hangs up changes no other client's answer.
// net/http goes on reading the ranges for a while after the request has ended.
func TestGoneBetweenRanges(t *testing.T) {
	m := newStore(t)
	c, _, _ := newTest(m)
	h := New(c)
	large := strings.Repeat("0123456789abcdef", 8<<10)
	m.put(t, "large.txt", large)
	path := "/" + m.token + "/large.txt"
	for range 200 {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Range", "bytes=0-9,100000-100009,7-9,20-30,50000-50001")
		h.ServeHTTP(goneClient{httptest.NewRecorder()}, r)
		if w := get(h, "GET", path); w.Code != http.StatusOK || w.Body.String() != large {
			t.Fatalf("%d, %d bytes", w.Code, w.Body.Len())
		}
	}
}
