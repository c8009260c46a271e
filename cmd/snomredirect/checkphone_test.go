package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot/tftp/tftptest"
	"snomredirect/sshconsole/findings"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// requestOf returns the request of an account to check a phone at a server.
func requestOf(account store.AccountID, server string) findings.Request {
	return findings.Request{Account: account, MAC: macaddr.MustParse("0004132202E4"), URL: store.RestoreURL(server + "/{mac}")}
}

func texts(r findings.Report) string {
	var b strings.Builder
	_ = r.Write(&b, false)
	return b.String()
}

func TestCheckPhone(t *testing.T) {
	agents := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		fmt.Fprint(w, "dhcp: off\nuser_pass1: x\n")
	}))
	defer s.Close()
	c := newChecks(store.PublicNames{}, true)
	r := requestOf(1, s.URL)
	r.Model, r.Firmware = "snom360", "7.3.14"
	report, err := c.run(t.Context(), r)
	at := s.URL + "/0004132202E4"
	if want := "0004132202E4: 1 request, 0 errors, 2 warnings, 0 hints\n"; err != nil || !strings.HasSuffix(texts(report), want) || !strings.HasPrefix(texts(report), at+":1:1: warning: dhcp ") {
		t.Errorf("%v\n%s", err, texts(report))
	}
	if agent := <-agents; !strings.Contains(agent, "snom360-SIP 7.3.14") {
		t.Error(agent)
	}
	// What a phone says of itself is no model in a path.
	r.Model, r.Firmware = "../x", "x"
	if report, err := c.run(t.Context(), r); err != nil || report.Requests != 1 {
		t.Errorf("%v\n%s", err, texts(report))
	}
	if agent := <-agents; !strings.Contains(agent, "snom190-SIP") {
		t.Error(agent)
	}
	r.MAC = macaddr.MustParse("0004132A0001")
	if report, err := c.run(t.Context(), r); err != nil || report.Refusal != "the M3 is not simulated: it reads a settings format of its own" {
		t.Errorf("%v\n%+v", err, report)
	}
}

// An HTTP redirect, a container and a setting server lead CHECK to no address and no port
// that the account's URL could not.
func TestCheckLeadsNowhere(t *testing.T) {
	reached := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer inside.Close()
	overTFTP := (&tftptest.Server{Files: map[string]string{"x": "a: 1\n"}}).Start(t)
	for name, text := range map[string]string{
		"redirect":       "",
		"container":      `<setting-files><file url="%s/x" /></setting-files>`,
		"setting server": "setting_server$: %s/x?{mac}\n",
		"firmware":       "firmware_status$: %s/x\n",
	} {
		for to, want := range map[string]string{
			inside.URL: "this port is not requested", "http://169.254.169.254": "the host has no public address",
			"tftp://" + overTFTP.Addr: "this port is not requested over TFTP", "tftp://169.254.169.254": "the host has no public address",
		} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if text == "" {
					http.Redirect(w, r, to+"/x", http.StatusFound)
					return
				}
				fmt.Fprintf(w, text, to)
			}))
			report, err := newChecks(store.PublicNames{}, true).run(t.Context(), requestOf(1, s.URL))
			if err != nil || report.Errors != 1 || !strings.Contains(texts(report), want) {
				t.Errorf("%s to %s: %v\n%s", name, to, err, texts(report))
			}
			s.Close()
		}
	}
	if reached || len(overTFTP.Received()) != 0 {
		t.Error("reached")
	}
	// Without --check-private, nothing on this host is reached at all.
	report, err := newChecks(store.PublicNames{}, false).run(t.Context(), requestOf(1, inside.URL))
	if err != nil || reached || !strings.Contains(texts(report), "/0004132202E4: error: phones get nothing from it: the host has no public address\n") {
		t.Errorf("%v\n%s", err, texts(report))
	}
	report, err = newChecks(store.PublicNames{}, false).run(t.Context(), requestOf(1, "tftp://"+overTFTP.Addr))
	if err != nil || len(overTFTP.Received()) != 0 || !strings.Contains(texts(report), "/0004132202E4: error: phones get nothing from it: the host has no public address\n") {
		t.Errorf("%v\n%s", err, texts(report))
	}
}

// A setting server may be one for TFTP, at the port of its URL.
func TestCheckOverTFTP(t *testing.T) {
	s := (&tftptest.Server{Files: map[string]string{"0004132202E4": "dhcp: off\n"}}).Start(t)
	report, err := newChecks(store.PublicNames{}, true).run(t.Context(), requestOf(1, "tftp://"+s.Addr))
	if err != nil || report.Requests != 1 || !strings.HasPrefix(texts(report), "tftp://"+s.Addr+"/0004132202E4:1:1: warning: dhcp ") {
		t.Errorf("%v\n%s", err, texts(report))
	}
}

// An account has one check at a time, and the service a few.
func TestChecksAtOnce(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-end
		fmt.Fprint(w, "a: 1\n")
	}))
	defer s.Close()
	c := newChecks(store.PublicNames{}, true)
	done := make(chan error)
	for i := range maxChecks {
		go func() {
			_, err := c.run(t.Context(), requestOf(store.AccountID(i+1), s.URL))
			done <- err
		}()
		<-begun
		if _, err := c.run(t.Context(), requestOf(store.AccountID(i+1), s.URL)); err != shell.ErrCheckRuns {
			t.Error(err)
		}
	}
	if _, err := c.run(t.Context(), requestOf(maxChecks+1, s.URL)); err != shell.ErrTooManyChecks {
		t.Error(err)
	}
	close(end)
	for range maxChecks {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	go func() { <-begun }()
	if _, err := c.run(t.Context(), requestOf(1, s.URL)); err != nil {
		t.Error(err)
	}
}

// A check ends when its session does.
func TestCheckInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	if _, err := newChecks(store.PublicNames{}, true).run(ctx, requestOf(1, s.URL)); err != context.Canceled {
		t.Error(err)
	}
}
