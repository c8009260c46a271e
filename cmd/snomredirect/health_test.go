package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	for status, want := range map[int]string{200: "", 503: "unhealthy: 503 Service Unavailable: reply"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintln(w, "reply")
		}))
		defer s.Close()
		var out bytes.Buffer
		err := (&health{HTTP: s.Listener.Addr().String()}).Run(t.Context(), output{&out, io.Discard})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || (err == nil) != (out.String() == "reply\n") {
			t.Errorf("%d: %q, %v", status, out.String(), err)
		}
	}
	if err := (&health{HTTP: "nonsense"}).Run(t.Context(), output{io.Discard, io.Discard}); !errors.Is(err, errUsage) {
		t.Errorf("nonsense: %v", err)
	}
	if err := (&health{}).Run(t.Context(), output{io.Discard, io.Discard}); !errors.Is(err, errUsage) {
		t.Errorf("no address: %v", err)
	}
}

func TestHealthOverHTTPS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }))
	defer s.Close()
	var out bytes.Buffer
	if err := (&health{HTTPS: s.Listener.Addr().String()}).Run(t.Context(), output{&out, io.Discard}); err != nil || out.String() != "ok\n" {
		t.Errorf("%q, %v", &out, err)
	}
}
