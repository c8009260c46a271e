package redirect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestRefusals(t *testing.T) {
	base := serve(t, Config{Finder: finder(t)})
	for _, c := range []struct {
		method, path string
		status       int
		line         string
	}{
		{"GET", "/snom360/snom360.php", 400, "mac is missing"},
		{"GET", "/snom360.php?macs=" + registered, 400, "mac is missing"},
		{"GET", "/snom360.php?MAC=", 400, "twelve hex digits"},
		{"GET", "/snom360.php?%zz", 400, "query is malformed"},
		{"GET", "/snom360.php?mac=%zz", 400, "query is malformed"},
		{"GET", "/snom360.php?mac=" + registered + "&mac=" + registered, 400, "more than once"},
		{"GET", "/snom360.php?MAC=" + registered + "&Mac=" + registered, 400, "more than once"},
		{"GET", "/snom360.php?mac=", 400, "twelve hex digits"},
		{"GET", "/snom360.php?mac=2e4", 400, "twelve hex digits"}, // only the console takes short forms
		{"GET", "/snom360.php?mac=000000000000", 400, "all zeros"},
		{"GET", "/snom360.php?mac=ffffffffffff", 400, "group address"},
		{"GET", "/snom360.php?mac=%3Cscript%3E", 400, "twelve hex digits"},

		{"GET", "/", 404, "expected /{model}/"},
		{"GET", "/snom360", 404, "expected /{model}/"},
		{"GET", "/snom360/", 404, "expected /{model}/"},
		{"GET", "/snom360/snom370.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snom360/snom370.htm", 404, "expected /{model}/"},
		{"GET", "/snom360/snom370-" + registered + ".htm", 404, "expected /{model}/"},
		{"GET", "/snom360/snom360-2e4.htm", 404, "expected /{model}/"},
		{"GET", "/a/snom360/snom360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snom-360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "//a/snom360/snom360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snom360%2Fsnom360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snomD345-.htm", 404, "expected /{model}/"},
		{"GET", "/snomD345-2e4.htm", 404, "expected /{model}/"},
		{"GET", "/-" + registered + ".htm", 404, "expected /{model}/"},
		{"GET", "/../etc/passwd", 404, "expected /{model}/"},

		{"POST", "/snom360/snom360.php?mac=" + registered, 405, "GET or HEAD"},
		{"OPTIONS", "/snom360/snom360.php?mac=" + registered, 405, "GET or HEAD"},
		{"DELETE", "/healthz", 405, "GET or HEAD"},
		{"BREW", "/snom360.php", 405, "GET or HEAD"},
	} {
		resp, body := ask(t, c.method, base+c.path, newPhone)
		if resp.StatusCode != c.status || !strings.Contains(body, c.line) || strings.Count(body, "\n") != 1 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s %s: %s %q %q; want %d with %q on one line", c.method, c.path, resp.Status, resp.Header.Get("Content-Type"), body, c.status, c.line)
		}
		if c.status == 405 && resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow %q", c.method, c.path, resp.Header.Get("Allow"))
		}
		if resp.ContentLength != int64(len(body)) {
			t.Errorf("%s %s: Content-Length %d for %d", c.method, c.path, resp.ContentLength, len(body))
		}
	}
}

type findFunc func(macaddr.Addr) (store.Redirection, error)

func (f findFunc) Redirection(mac macaddr.Addr) (store.Redirection, error) { return f(mac) }

// Internal errors go to the log only.
func TestFailingStore(t *testing.T) {
	for name, find := range map[string]findFunc{
		"error": func(macaddr.Addr) (store.Redirection, error) {
			return store.Redirection{}, errors.New("/data/secret: disk on fire")
		},
		"panic": func(macaddr.Addr) (store.Redirection, error) { panic("/data/secret: disk on fire") },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			base := serve(t, Config{Finder: find, Log: slog.New(slog.NewTextHandler(&log, nil))})
			resp, body := ask(t, "GET", base+"/snom360.php?mac="+registered, newPhone)
			if resp.StatusCode != 500 || body != "internal error: try again later\n" {
				t.Errorf("%s %q", resp.Status, body)
			}
			if got := strings.Count(log.String(), "disk on fire"); got != 1 {
				t.Errorf("the log names the cause %d times, want once:\n%s", got, log.String())
			}
			if name == "error" {
				for _, path := range []string{"/healthz", "/readyz"} {
					resp, body := ask(t, "GET", base+path, "")
					if resp.StatusCode != 503 || strings.Contains(body, "secret") {
						t.Errorf("%s: %s %q", path, resp.Status, body)
					}
				}
			}
		})
	}
}

// A request without a path is answered with 404 and not logged, so that no client
// can fill the log with errors.
func TestNoPath(t *testing.T) {
	var log bytes.Buffer
	address := strings.TrimPrefix(serve(t, Config{Finder: finder(t), Log: slog.New(slog.NewTextHandler(&log, nil))}), "http://")
	for _, target := range []string{"*", "http://" + address, "http://" + address + "?mac=" + registered} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, address); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 404 || log.Len() > 0 {
			t.Errorf("%s: got %v, %v, want 404 and an empty log:\n%s", target, resp, err, &log)
		}
	}
}
