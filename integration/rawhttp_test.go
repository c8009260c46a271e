package integration

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Requests that no phone sends, byte by byte: a client that wants to confuse the
// service, or a proxy in front of it, gets one answer and a closed connection, over
// HTTP and HTTPS alike. Nothing after a request with a body is ever answered, so that
// none can be smuggled in.
func TestRawHTTP(t *testing.T) {
	s := &story{folder: t.TempDir()}
	s.startRaw(t)
	const ask = "GET /snom360.php?mac=0004132202E4 "
	var asked sync.WaitGroup
	for name, c := range map[string]struct{ request, status, body string }{
		"a phone's":                   {ask + "HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", emptyFile},
		"doubled slashes":             {"GET //snom360//snom360.php?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", emptyFile},
		"an escaped dot":              {"GET /snom360%2ephp?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found", notFound},
		"an escaped NUL":              {"GET /snom360.php%00?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found", notFound},
		"an escaped NUL in the MAC":   {"GET /snom360.php?mac=0004132202E4%00 HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request", badMAC},
		"a NUL in the path":           {"GET /snom360.php\x00?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request", ""},
		"a backslash":                 {"GET /snom360\\snom360.php?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found", notFound},
		"a parent folder":             {"GET /snom360/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found", notFound},
		"an escaped parent folder":    {"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found", notFound},
		"a malformed escape":          {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request", ""},
		"an absolute target":          {"GET http://evil.example/snom360.php?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", emptyFile},
		"a repeated MAC":              {"GET /snom360.php?mac=0004132202E4&mac=0004132202E5 HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request", twice},
		"a MAC in full-width digits":  {"GET /snom360.php?mac=%EF%BC%90004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request", badMAC},
		"a MAC escaped twice":         {"GET /snom360.php?mac=%2530004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request", badMAC},
		"a megabyte of query":         {"GET /snom360.php?" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431 Request Header Fields Too Large", ""},
		"a megabyte of header":        {ask + "HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", "431 Request Header Fields Too Large", ""},
		"a body":                      {ask + "HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", "200 OK", emptyFile},
		"a body without a length":     {ask + "HTTP/1.1\r\nHost: x\r\n\r\nbody", "200 OK", ""},
		"two lengths":                 {ask + "HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody", "400 Bad Request", ""},
		"a negative length":           {ask + "HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400 Bad Request", ""},
		"chunks and a length":         {ask + "HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "200 OK", emptyFile},
		"an unknown encoding":         {ask + "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501 Not Implemented", ""},
		"a request within the body":   {ask + "HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nxxxxx" + smuggled, "200 OK", emptyFile},
		"a folded line":               {ask + "HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", "200 OK", emptyFile},
		"a header name with a space":  {ask + "HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nbody", "400 Bad Request: invalid header name", ""},
		"a NUL in a header":           {ask + "HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", "400 Bad Request", ""},
		"bare line feeds":             {ask + "HTTP/1.1\nHost: x\n\n", "200 OK", emptyFile},
		"HTTP/0.9":                    {"GET /snom360.php?mac=0004132202E4\r\n\r\n", "400 Bad Request", ""},
		"HTTP/1.0":                    {ask + "HTTP/1.0\r\n\r\n", "200 OK", emptyFile},
		"HTTP/2":                      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "405 Method Not Allowed", badMethod},
		"no host":                     {ask + "HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header", ""},
		"two hosts":                   {ask + "HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400 Bad Request", ""},
		"a hostile host":              {ask + "HTTP/1.1\r\nHost: <x>\x1b\r\n\r\n", "400 Bad Request", ""},
		"CONNECT":                     {"CONNECT evil.example:22 HTTP/1.1\r\nHost: x\r\n\r\n", "405 Method Not Allowed", badMethod},
		"TRACE":                       {"TRACE /snom360.php HTTP/1.1\r\nHost: x\r\nX: secret\r\n\r\n", "405 Method Not Allowed", badMethod},
		"OPTIONS *":                   {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "405 Method Not Allowed", badMethod},
		"a method in lower case":      {"get /snom360.php?mac=0004132202E4 HTTP/1.1\r\nHost: x\r\n\r\n", "405 Method Not Allowed", badMethod},
		"Expect":                      {ask + "HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", "200 OK", emptyFile},
		"an unknown expectation":      {ask + "HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", "417 Expectation Failed", ""},
		"a range":                     {ask + "HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n", "200 OK", emptyFile},
		"a header that names another": {ask + "HTTP/1.1\r\nHost: x\r\nX-Original-URL: /healthz\r\nX-HTTP-Method-Override: POST\r\n\r\n", "200 OK", emptyFile},
	} {
		for scheme, dial := range map[string]func() (net.Conn, error){"http": s.dialHTTP, "https": s.dialTLS(s.HTTPS)} {
			asked.Go(func() {
				status, body := exchange(t, dial, c.request)
				if status != c.status || c.body != "" && body != c.body {
					t.Errorf("%s over %s: %q, %q; want %q, %q", name, scheme, status, body, c.status, c.body)
				}
			})
		}
		// Without a name and a password, nothing of the API answers.
		asked.Go(func() {
			if status, body := exchange(t, s.dialTLS(s.RDS), c.request); !strings.HasPrefix(status, "4") && !strings.HasPrefix(status, "5") || strings.Contains(body, "<html>") {
				t.Errorf("%s over --rds: %q, %q; want a refusal", name, status, body)
			}
		})
	}
	asked.Wait()
	if log, err := os.ReadFile(filepath.Join(s.folder, "serve.log")); err != nil || strings.Contains(string(log), `"msg":"panic"`) || strings.ContainsAny(string(log), "\x00\x1b") {
		t.Errorf("%v, log:\n%s", err, log)
	}
}

const (
	emptyFile = "<html>\n<pre>\n# no settings here for this phone\n</pre>\n</html>\n"
	notFound  = "not found: expected /{model}/{model}.php?mac={MAC}, /{model}/{model}.htm or /{model}/{model}-{MAC}.htm, with or without the folder\n"
	badMAC    = "mac: expected twelve hex digits, such as 0004132202E4 or 00:04:13:22:02:E4\n"
	twice     = "mac is given more than once: expected one\n"
	badMethod = "method not allowed: expected GET or HEAD\n"
	smuggled  = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
)

// startRaw starts the program with listeners for HTTP, HTTPS and RDS.
func (s *story) startRaw(t testing.TB, flags ...string) {
	t.Helper()
	if err := s.start(nil, []string{"--rds", "127.0.0.1:0"}); err != nil { // makes a certificate
		t.Fatal(err)
	}
	s.end()
	err := s.start(nil, append([]string{"--rds", "127.0.0.1:0", "--https", "127.0.0.1:0", "--tls-cert", "data/rds.pem", "--tls-key", "data/rds.key"}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end() })
}

func (s *story) dialHTTP() (net.Conn, error) { return net.Dial("tcp", s.HTTP) }

// dialTLS returns a function that connects to an address without checking its
// certificate, which is not what these tests are about.
func (s *story) dialTLS(address string) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		return tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	}
}

// exchange sends a request and returns the status and the body of the answer, with
// all that follows it until the server closes the connection.
func exchange(t *testing.T, dial func() (net.Conn, error), request string) (status, body string) {
	t.Helper()
	conn, err := dial()
	if err != nil {
		t.Error(err)
		return "", ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() { // the server may answer before it has read all
		_, _ = io.WriteString(conn, request)
		_ = conn.(interface{ CloseWrite() error }).CloseWrite() // it waits for no more
	}()
	answer, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%.60q: %q, %v", request, answer, err)
	}
	head, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	line, _, _ := strings.Cut(head, "\r\n")
	_, status, _ = strings.Cut(line, " ")
	return status, body
}
