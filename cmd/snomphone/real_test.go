package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Neither without a URL nor by a setting server, nor in a storm, is snom's own service
// requested.
func TestRefusesSnoms(t *testing.T) {
	w := newWorld(t)
	for _, host := range []string{"provisioning.snom.com", "secure-provisioning.snom.com", "PROVISIONING.snom.com."} {
		w.serve(host, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%s was requested", host) }))
		b := bootCommand{MAC: testMAC, URL: "http://" + host, dial: w.dial}
		if err := b.Run(t.Context(), output{io.Discard, io.Discard}); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "--real") {
			t.Errorf("%s: %v", host, err)
		}
		s := storm{Phones: 1, URL: "http://" + host}
		if err := s.Run(t.Context(), output{io.Discard, io.Discard}); !errors.Is(err, errUsage) {
			t.Errorf("storm %s: %v", host, err)
		}
	}
	w.serve("one.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "setting_server$: http://provisioning.snom.com/x\n")
	}))
	b := bootCommand{MAC: testMAC, URL: "http://one.example/x", dial: w.dial}
	var out strings.Builder
	if err := b.Run(t.Context(), output{&out, io.Discard}); !strings.Contains(out.String(), "is snom's own service") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
