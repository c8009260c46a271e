package integration

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A srapsClient plays a PBX system that registers phones over the REST API. What it sends
// was recorded from that system's own code: the attributes of the signature, the lines of
// the header and their order.
type srapsClient struct {
	ts      *testscript.TestScript
	address string // that it connects to
	id, key string
	// request returns a request as text, without its body.
	request func(c *srapsClient, method string, u *url.URL, body string) string
}

var apiKeyLines = regexp.MustCompile(`(?m)^ID: +(\S+)\nKey: +(\S+)$`)

// newSRAPSClient returns a client with the API key that is in a file as API ADD shows it.
func newSRAPSClient(ts *testscript.TestScript, address, file string) *srapsClient {
	m := apiKeyLines.FindStringSubmatch(ts.ReadFile(file))
	if m == nil {
		ts.Fatalf("%s: no API key", file)
	}
	return &srapsClient{ts: ts, address: address, id: m[1], key: m[2]}
}

// randomUUID matches the UUID of a profile, which differs each time.
var randomUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// errStatus is an answer of 400 or more.
var errStatus = errors.New("the service refuses")

// do sends a request and decodes the answer into v. It writes both to standard output, a
// line each: the answer's beginning, with ID, HOST and UUID for what differs each time.
func (c *srapsClient) do(method, rawURL, body string, v any) error {
	u, err := url.Parse(rawURL)
	c.ts.Check(err)
	roots, err := of(c.ts).pool("data/rds")
	c.ts.Check(err)
	conn, err := tls.Dial("tcp", c.address, &tls.Config{RootCAs: roots, ServerName: u.Hostname()})
	c.ts.Check(err)
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err = io.WriteString(conn, c.request(c, method, u, body)+body)
	c.ts.Check(err)
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	c.ts.Check(err)
	text, err := io.ReadAll(response.Body)
	c.ts.Check(err)
	text = bytes.TrimSpace(text)
	const most = 260
	transcript := fmt.Sprintf("%s %s\n%s", method, u.RequestURI(), strings.TrimSpace(response.Status+" "+string(text[:min(len(text), most)])))
	transcript = strings.NewReplacer(c.id, "ID", c.address, "HOST").Replace(transcript)
	_, _ = io.WriteString(c.ts.Stdout(), randomUUID.ReplaceAllString(transcript, "UUID")+"\n")
	if response.StatusCode >= 400 {
		return errStatus
	}
	if v != nil {
		c.ts.Check(json.Unmarshal(text, v))
	}
	return nil
}

// mac returns the MAC of a request.
func (c *srapsClient) mac(ts int64, nonce, method string, u *url.URL, hash string) string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	m := hmac.New(sha256.New, []byte(c.key))
	fmt.Fprintf(m, "hawk.1.header\n%d\n%s\n%s\n%s\n%s\n%s\n%s\n\n", ts, nonce, method, u.RequestURI(), u.Hostname(), port, hash)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// falconieriRequest is a request of nethesis/falconieri, libs/sraps, with Go's client.
func falconieriRequest(c *srapsClient, method string, u *url.URL, body string) string {
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	now, nonce, kind := time.Now().Unix(), base64.URLEncoding.EncodeToString(random), ""
	if body != "" {
		kind = "application/json"
	}
	sum := sha256.Sum256([]byte("hawk.1.payload\n" + kind + "\n" + body + "\n"))
	hash := base64.StdEncoding.EncodeToString(sum[:])
	text := method + " " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUser-Agent: Go-http-client/1.1\r\n"
	if body != "" {
		text += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	text += "Accept: application/json\r\n"
	text += fmt.Sprintf(`Authorization: Hawk id="%s", ts="%d", nonce="%s", hash="%s", mac="%s"`+"\r\n", c.id, now, nonce, hash, c.mac(now, nonce, method, u, hash))
	if body != "" {
		text += "Content-Type: application/json\r\n"
	}
	return text + "Accept-Encoding: gzip\r\n\r\n"
}

// ngcpRequest is a request of sipwise/ngcp-panel, DeviceBootstrap/Snom.pm, with LWP. Its
// bodies are not signed.
func ngcpRequest(c *srapsClient, method string, u *url.URL, body string) string {
	now, nonce := time.Now().Unix(), rand.Text()[:8]
	text := method + " " + u.RequestURI() + " HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nAccept: application/json\r\n"
	text += fmt.Sprintf(`Authorization: Hawk mac="%s", id="%s", ts="%d", nonce="%s"`+"\r\n", c.mac(now, nonce, method, u, ""), c.id, now, nonce)
	text += "Host: " + u.Host + "\r\nUser-Agent: libwww-perl/6.68\r\n"
	if body != "" {
		text += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return text + "\r\n"
}

type (
	srapsLinks struct {
		Links struct{ Company, Endpoints string }
	}
	srapsNamed struct {
		Name, UUID, MAC string
		ParamName       string `json:"param_name"`
	}
)

// falconieri [--settings] KEYFILE MAC URL registers a phone as falconieri does, at the
// service's own address for --rds; with --settings as its library for the same protocol
// of Gigaset does, which sends the URL as a setting. It keeps the answers to its first
// calls.
func falconieri(ts *testscript.TestScript, neg bool, args []string) {
	flags := flag.NewFlagSet("falconieri", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	settings := flags.Bool("settings", false, "")
	if flags.Parse(args) != nil || flags.NArg() != 3 {
		ts.Fatalf("usage: falconieri [--settings] KEYFILE MAC URL")
	}
	s := of(ts)
	c := newSRAPSClient(ts, s.RDS, flags.Arg(0))
	c.request = falconieriRequest
	base := "https://" + s.RDS + "/api/v1/"
	endpoints, known := s.endpoints[c.id]
	if !known {
		var token, company srapsLinks
		if c.do("GET", base+"tokens/"+c.id, "", &token) == nil && c.do("GET", token.Links.Company, "", &company) == nil {
			endpoints = company.Links.Endpoints
		}
		if s.endpoints == nil {
			s.endpoints = map[string]string{}
		}
		s.endpoints[c.id] = endpoints // a failure too
	}
	err := errStatus
	if endpoints != "" {
		mac := strings.ToLower(flags.Arg(1))
		body := fmt.Sprintf(`{"mac":"%s","autoprovisioning_enabled":true,"provisioning_url":"%s"}`, mac, flags.Arg(2))
		if *settings {
			var all []srapsNamed
			ts.Check(c.do("GET", base+"settings/?page_size=1000", "", &all))
			body = fmt.Sprintf(`{"mac":"%s","autoprovisioning_enabled":true,"warranty_exp_warning_period":null,"settings_manager":{"%s":{"attrs":{"perm":"RW"},"value":"%s"}}}`, mac, all[0].UUID, flags.Arg(2))
		}
		err = c.do("PUT", endpoints+mac, body, nil)
	}
	c.ends(neg, err)
}

// ngcp KEYFILE register MAC URL FAMILY [PROFILE] registers a phone as NGCP does, at snom's
// name and port 443, which its DNS sends to --https or else --rds. ngcp KEYFILE unregister
// MAC deregisters it.
func ngcp(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: ngcp KEYFILE register MAC URL FAMILY [PROFILE], or ngcp KEYFILE unregister MAC")
	}
	s := of(ts)
	address := s.HTTPS
	if address == "" {
		address = s.RDS
	}
	c := newSRAPSClient(ts, address, args[0])
	c.request = ngcpRequest
	if args[1] == "register" {
		c.ends(neg, c.ngcpRegister(args[2], args[3], args[4], strings.Join(args[5:], "")))
		return
	}
	c.ends(neg, c.ngcpUnregister(args[2]))
}

const ngcpBase = "https://secure-provisioning.snom.com/api/v1/"

func (c *srapsClient) ngcpRegister(mac, uri, family, profile string) error {
	var token srapsLinks
	if err := c.do("GET", ngcpBase+"tokens/"+c.id, "", &token); err != nil {
		return err
	}
	company := token.Links.Company
	find := func(what, url, name string) (uuid string, err error) {
		var all []srapsNamed
		err = c.do("GET", url, "", &all)
		for _, n := range all {
			if n.Name == name || n.ParamName == name {
				uuid = n.UUID
			}
		}
		if err == nil && uuid == "" && what != "" {
			err = errors.New(what)
		}
		return uuid, err
	}
	group, err := find("specified product family not found", ngcpBase+"product-groups/", family)
	if err != nil {
		return err
	}
	setting, err := find("setting for redirection server not found", ngcpBase+"settings/", "setting_server")
	if err != nil {
		return err
	}
	id, err := find("", company+"/provisioning-profiles/", profile)
	if err != nil {
		return err
	}
	if id == "" && profile != "" {
		var made srapsNamed
		body := fmt.Sprintf(`{"product_group":"%s","name":"%s","autoprovisioning_enabled":"true"}`, group, profile)
		if err := c.do("POST", company+"/provisioning-profiles/", body, &made); err != nil {
			return err
		}
		id = made.UUID
	}
	body := fmt.Sprintf(`{"settings_manager":{"%s":{"attrs":{"perm":"RW"},"value":"%s"}},"autoprovisioning_enabled":"true","mac":"%s"`, setting, uri, mac)
	if id != "" {
		body += `,"provisioning_profile":"` + id + `"`
	}
	return c.do("PUT", company+"/endpoints/"+mac, body+"}", nil)
}

// ngcpUnregister looks the phone up in the list first, and deletes "" if it is not there.
func (c *srapsClient) ngcpUnregister(mac string) error {
	var token srapsLinks
	var all []srapsNamed
	if err := c.do("GET", ngcpBase+"tokens/"+c.id, "", &token); err != nil {
		return err
	}
	if err := c.do("GET", token.Links.Company+"/endpoints/", "", &all); err != nil {
		return err
	}
	found := ""
	for _, e := range all {
		if strings.EqualFold(e.MAC, mac) {
			found = e.MAC
		}
	}
	return c.do("DELETE", token.Links.Company+"/endpoints/"+found, "", nil)
}

// ends checks how a conversation has ended.
func (c *srapsClient) ends(neg bool, err error) {
	if err != nil {
		_, _ = io.WriteString(c.ts.Stderr(), err.Error()+"\n")
	}
	if (err != nil) != neg {
		c.ts.Fatalf("the conversation ended with %v", err)
	}
}
