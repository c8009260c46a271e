package integration

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"snomredirect/store/etcd/etcdtest"
)

// Doors are those of a node for tools and for setting files, to a client that is logged in
// as admin.
type doors struct {
	*launched
	client   *http.Client
	password string
	api      srapsClient
	token    string
}

// TestClusterDoors registers phones at the console of one node: tools that ask the other one
// immediately get them. Phones get files from it a moment later. While etcd is stopped, both
// get what was there before, tools are told how old that is, and changes are refused.
func TestClusterDoors(t *testing.T) {
	member := etcdtest.Start(t, 1)[0]
	nodes := launchNodes(t, 2, member.URL, "--rds", "127.0.0.1:0", "--sraps",
		"--files", "127.0.0.1:0", "--files-plain", "--files-url", "http://files.example.com")
	a, b := nodes[0], newDoors(t, nodes[0], nodes[1])

	console, err := a.dial("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	run := func(input, command string) {
		t.Helper()
		if out, err := runIn(console, input, command); err != nil {
			t.Fatalf("%s: %v, %s", command, err, out)
		}
	}
	var took []time.Duration
	for i := range 50 {
		mac, server, name := fmt.Sprintf("0004136%05X", i), fmt.Sprint("http://prov.example.com/p", i), fmt.Sprint("file", i, ".xml")
		run("", "register "+mac+" "+server)
		begun := time.Now()
		b.calls("<boolean>1</boolean>", false, "redirect.checkPhone", mac)
		took = append(took, time.Since(begun))
		run("", "register "+mac+" "+server+"/again")
		b.rests(200, `"`+server+`/again"`, false, "GET", mac, "")
		run(`<?xml version="1.0"?><settings/>`, "file put "+name)
		for deadline := time.Now().Add(time.Second); b.fetched(name) != 200 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		}
		b.fetches(name, 200)
		if t.Failed() {
			t.Fatal("at phone ", i)
		}
	}
	slices.Sort(took)
	t.Logf("redirect.checkPhone on the other node: median %v, at most %v", took[25], took[49])

	member.Signal(syscall.SIGSTOP)
	stopped := time.Now()
	const mac, server = "000413600001", "http://prov.example.com/p1/again"
	for range 2 { // etcd is silent, and then known to be away
		b.within(3*time.Second, func() { b.calls("<boolean>1</boolean>", true, "redirect.checkPhone", mac) })
		b.within(3*time.Second, func() { b.rests(200, server, true, "GET", mac, "") })
		b.within(6*time.Second, func() { // etcd may be choosing a leader
			b.calls("Unavailable: try again later.", true, "redirect.registerPhone", "000413700000", "http://prov.example.com/")
		})
		b.within(3*time.Second, func() {
			if r := b.rests(503, "try again later", true, "PUT", mac, `{"provisioning_url":"http://prov.example.com/"}`); r.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
		b.within(time.Second, func() { b.fetches("file1.xml", 200); b.fetches("none.xml", 404) })
		b.within(time.Second, func() {
			if got := b.get("/snom360.php?mac=" + mac); !strings.Contains(got, server) {
				t.Errorf("a phone gets %q", got)
			}
		})
		b.until("/healthz", "503", "etcd can't be reached")
	}
	t.Logf("etcd was stopped for %v", time.Since(stopped))
	member.Signal(syscall.SIGCONT)
	b.until("/healthz", "200", "ok")
	for deadline := time.Now().Add(patience); b.age() != ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("etcd is back, and answers still have an age")
		}
	}
	b.calls("<boolean>1</boolean>", false, "redirect.registerPhone", "000413700000", "http://prov.example.com/")
	a.expectSays("show 000413700000", 0, "http://prov.example.com/")
}

// newDoors returns the doors of b to a client whose password and API key a has made.
func newDoors(t *testing.T, a, b *launched) *doors {
	t.Helper()
	roots, err := b.pool("data/rds")
	if err != nil {
		t.Fatal(err)
	}
	d := &doors{launched: b, client: &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}}
	t.Cleanup(d.client.CloseIdleConnections)
	made := func(command, pattern string) []string {
		text, status := a.says(command, "")
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil || status != 0 {
			t.Fatalf("%s: status %d, %q", command, status, text)
		}
		return m
	}
	d.token = made("server files", `http://files\.example\.com/([a-z2-7]{26})/`)[1]
	key := made("api add", apiKeyLines.String())
	d.api = srapsClient{id: key[1], key: key[2]}
	d.password = made("account password admin", `(?m)^([A-Z2-7]{20,})\s*$`)[1]
	return d
}

// do sends a request and returns the answer, which must have an age or none, and its body.
func (d *doors) do(r *http.Request, aged bool) (*http.Response, string) {
	d.Helper()
	response, err := d.client.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.Fatal(err)
	}
	if age := response.Header.Get("Age"); aged != regexp.MustCompile(`^[0-9]+$`).MatchString(age) {
		d.Errorf("%s %v has the age %q: %s %s", r.Method, r.URL, age, response.Status, text)
	}
	return response, string(text)
}

// call returns an XML-RPC call.
func (d *doors) call(method string, params ...string) *http.Request {
	d.Helper()
	body := "<methodCall><methodName>" + method + "</methodName><params>"
	for _, p := range params {
		body += "<param><value><string>" + p + "</string></value></param>"
	}
	r, err := http.NewRequest("POST", "https://"+d.RDS+"/xmlrpc", strings.NewReader(body+"</params></methodCall>"))
	if err != nil {
		d.Fatal(err)
	}
	r.SetBasicAuth("admin", d.password)
	return r
}

// calls expects a part of the answer to an XML-RPC call, with an age or without.
func (d *doors) calls(part string, aged bool, method string, params ...string) {
	d.Helper()
	response, text := d.do(d.call(method, params...), aged)
	if response.StatusCode != 200 || !strings.Contains(text, part) {
		d.Errorf("%s %q: %s %s, want %q", method, params, response.Status, text, part)
	}
}

// age returns that of the answer to a call, or "".
func (d *doors) age() string {
	response, err := d.client.Do(d.call("network.echo", "x"))
	if err != nil {
		d.Fatal(err)
	}
	response.Body.Close()
	return response.Header.Get("Age")
}

// rests expects the status and a part of the answer to a REST request for an endpoint.
func (d *doors) rests(status int, part string, aged bool, method, mac, body string) *http.Response {
	d.Helper()
	u, err := url.Parse("https://" + d.RDS + "/api/v1/companies/admin/endpoints/" + mac)
	if err != nil {
		d.Fatal(err)
	}
	r, err := http.NewRequest(method, u.String(), strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	now, nonce := time.Now().Unix(), rand.Text()
	r.Header.Set("Authorization", fmt.Sprintf(`Hawk id="%s", ts="%d", nonce="%s", mac="%s"`, d.api.id, now, nonce, d.api.mac(now, nonce, method, u, "")))
	response, text := d.do(r, aged)
	if response.StatusCode != status || !strings.Contains(text, part) {
		d.Errorf("%s %s: %s %s, want %d and %q", method, mac, response.Status, text, status, part)
	}
	return response
}

// fetches expects the status of a request for a setting file.
func (d *doors) fetches(name string, status int) {
	d.Helper()
	if got := d.fetched(name); got != status {
		d.Errorf("%s: %d, want %d", name, got, status)
	}
}

// fetched returns the status of a request for a setting file.
func (d *doors) fetched(name string) (status int) {
	d.Helper()
	response, err := d.client.Get("http://" + d.Files + "/" + d.token + "/" + name)
	if err != nil {
		d.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// within expects f to end in time.
func (d *doors) within(most time.Duration, f func()) {
	d.Helper()
	begun := time.Now()
	if f(); time.Since(begun) > most {
		d.Errorf("it took %v, want at most %v", time.Since(begun), most)
	}
}
