package integration

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/kolo/xmlrpc"
	"github.com/rogpeppe/go-internal/testscript"
)

// rds [--cacert NAME] [--path PATH] ACCOUNT METHOD [PARAM ...] calls an XML-RPC method
// as ACCOUNT, whose password is in ACCOUNT.password, with a Go library. A PARAM is a
// string; nil is nil, and [A,B] is an array. The reply goes to standard output as
// JSON. ! rds expects an error, which goes to standard error.
func rds(ts *testscript.TestScript, neg bool, args []string) {
	flags := flag.NewFlagSet("rds", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	cacert := flags.String("cacert", "data/rds", "")
	path := flags.String("path", "/xmlrpc", "")
	if flags.Parse(args) != nil || flags.NArg() < 2 {
		ts.Fatalf("usage: rds [--cacert NAME] [--path PATH] ACCOUNT METHOD [PARAM ...]")
	}
	var params []any
	for _, arg := range flags.Args()[2:] {
		list, isList := strings.CutPrefix(arg, "[")
		switch {
		case arg == "nil":
			params = append(params, nil)
		case isList:
			params = append(params, strings.FieldsFunc(strings.TrimSuffix(list, "]"), func(r rune) bool { return r == ',' }))
		default:
			params = append(params, arg)
		}
	}
	transport := toolTransport(ts, *cacert)
	defer transport.CloseIdleConnections()
	client, err := xmlrpc.NewClient(toolURL(ts, flags.Arg(0), *path), transport)
	ts.Check(err)
	defer client.Close()
	var reply any
	if err := client.Call(flags.Arg(1), params, &reply); err != nil {
		if !neg {
			ts.Fatalf("%s: %v", flags.Arg(1), err)
		}
		_, _ = io.WriteString(ts.Stderr(), err.Error()+"\n")
		return
	}
	text, err := json.Marshal(reply)
	ts.Check(err)
	_, _ = ts.Stdout().Write(append(text, '\n'))
	if neg {
		ts.Fatalf("%s: succeeded, want an error", flags.Arg(1))
	}
}

// post [--cacert NAME] [--path PATH] [--header LINE]... ACCOUNT FILE posts a file
// unchanged, with the given header lines. The body of the response goes to standard
// output; the status, Content-Type, Content-Length and WWW-Authenticate go to
// standard error. ! post expects a status of 400 or more.
func post(ts *testscript.TestScript, neg bool, args []string) {
	flags := flag.NewFlagSet("post", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	cacert := flags.String("cacert", "data/rds", "")
	path := flags.String("path", "/xmlrpc", "")
	header := http.Header{}
	flags.Func("header", "", func(line string) error {
		name, value, _ := strings.Cut(line, ": ")
		header.Add(name, value)
		return nil
	})
	if flags.Parse(args) != nil || flags.NArg() != 2 {
		ts.Fatalf("usage: post [--cacert NAME] [--path PATH] [--header LINE]... ACCOUNT FILE")
	}
	request, err := http.NewRequest(http.MethodPost, toolURL(ts, flags.Arg(0), *path), bytes.NewReader([]byte(ts.ReadFile(flags.Arg(1)))))
	ts.Check(err)
	request.Header = header
	transport := toolTransport(ts, *cacert)
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Timeout: patience, Transport: transport}).Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	_, _ = ts.Stdout().Write(body)
	_, _ = io.WriteString(ts.Stderr(), response.Status+"\n")
	for _, name := range []string{"Content-Type", "Content-Length", "WWW-Authenticate"} {
		if value := response.Header.Get(name); value != "" {
			_, _ = io.WriteString(ts.Stderr(), name+": "+value+"\n")
		}
	}
	if (response.StatusCode >= 400) != neg {
		ts.Fatalf("%s\n%s", response.Status, body)
	}
}

// toolURL returns the URL for tools, with the name and password of an account.
func toolURL(ts *testscript.TestScript, account, path string) string {
	s := of(ts)
	if s.RDS == "" {
		ts.Fatalf("the service does not listen for --rds")
	}
	u := url.URL{Scheme: "https", Host: s.RDS, Path: path}
	if password, err := os.ReadFile(ts.MkAbs(account + ".password")); err == nil {
		u.User = url.UserPassword(account, strings.TrimSpace(string(password)))
	}
	return u.String()
}

// toolTransport returns a transport that trusts the certificates in NAME.pem.
func toolTransport(ts *testscript.TestScript, cacert string) *http.Transport {
	roots, err := of(ts).pool(cacert)
	ts.Check(err)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableCompression: true}
}
