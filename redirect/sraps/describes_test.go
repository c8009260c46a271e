package sraps

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// description returns docs/sraps.json, and a router of its paths.
var description = sync.OnceValues(func() (doc *openapi3.T, router routers.Router) {
	doc, err := openapi3.NewLoader().LoadFromFile("../../docs/sraps.json")
	if err != nil {
		panic(err)
	}
	if router, err = legacy.NewRouter(doc); err != nil { // which checks the document too
		panic(err)
	}
	return doc, router
})

// The document has the calls that are served, and no others.
func TestDescription(t *testing.T) {
	doc, _ := description()
	var described, served []string
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			described = append(described, o.OperationID+" "+method+" "+path)
		}
	}
	for _, o := range operations {
		served = append(served, o.name+" "+o.method+" /"+regexp.MustCompile(`:(\w+)`).ReplaceAllString(o.path, "{$1}"))
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described:\n%s\nserved:\n%s", strings.Join(described, "\n"), strings.Join(served, "\n"))
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL+"/" != Base {
		t.Errorf("servers: %+v", doc.Servers)
	}
}

// describes checks that the document describes an answer: its status and its body; and if
// the call has succeeded, the request. All tests of calls check it.
func (l *lab) describes(r *http.Request, response *http.Response, text []byte) {
	l.Helper()
	if bytes.Contains(text, []byte("There is no such path")) || response.StatusCode == http.StatusMethodNotAllowed {
		return
	}
	_, router := description()
	sent := r.Clone(l.Context())
	sent.URL.Scheme, sent.URL.Host = "", ""
	sent.URL.Path = strings.TrimSuffix(sent.URL.Path, "/")
	route, params, err := router.FindRoute(sent)
	if err != nil {
		l.Fatalf("%s %v: %s, and it is not described: %v", r.Method, r.URL, response.Status, err)
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	input := &openapi3filter.RequestValidationInput{Request: sent, PathParams: params, Route: route, Options: options}
	if r.GetBody != nil {
		if sent.Body, err = r.GetBody(); err != nil {
			l.Fatal(err)
		}
	}
	if response.StatusCode < 300 && sent.Body != nil {
		if err := openapi3filter.ValidateRequest(l.Context(), input); err != nil {
			l.Errorf("%s %v was accepted: %v", r.Method, r.URL, err)
		}
	}
	answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(text)), Options: options}
	if err := openapi3filter.ValidateResponse(l.Context(), answer); err != nil {
		l.Errorf("%s %v: %s %s: %v", r.Method, r.URL, response.Status, text, err)
	}
}
