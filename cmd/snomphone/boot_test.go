package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"snomredirect/redirect/boot"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Phones boot from the hard-coded URL to their last settings file. What snomphone
// prints is in testdata/boots.
func TestBoots(t *testing.T) {
	w := newWorld(t)
	w.serve("prov.acme.example", settingServerOf)
	w.serve("provisioning.snom.com", redirector(t, "http://prov.acme.example/", map[string]string{
		"000413250001": "", "000413240001": "", "000413230001": "", "000413260001": "", "000413920001": "",
		"000413300001": "http://prov.acme.example/m9.php?mac={mac}",
		"000413B60001": "http://prov.acme.example/m900.xml?mac={mac}",
	}))
	var boots []bootCommand
	for _, mac := range []string{"000413250001", "000413240001", "000413230001", "000413260001"} {
		for _, firmware := range []string{"6.5", "7.3", "8.7"} {
			boots = append(boots, bootCommand{MAC: mac, Firmware: firmware})
		}
	}
	boots = append(boots, bootCommand{MAC: "000413920001"}, bootCommand{MAC: "000413300001"}, bootCommand{MAC: "000413B60001"})
	for _, b := range boots {
		p, err := newPhone(b.MAC, "", b.Firmware, "")
		if err != nil {
			t.Fatal(err)
		}
		name := p.Model + "-" + p.Firmware
		t.Run(name, func(t *testing.T) {
			got, err := w.boot(b)
			if err != nil {
				t.Errorf("%v\n%s", err, got)
			}
			golden(t, filepath.Join("boots", name), got)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const (
	testMAC = "000413230001" // of a snom360
	head    = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
)

func xmlServer(attributes, url string) string {
	return head + "<phone-settings><setting_server" + attributes + ">" + url + "</setting_server></phone-settings>"
}

func files(urls ...string) string {
	var b strings.Builder
	for _, url := range urls {
		fmt.Fprintf(&b, "<file url=\"%s\" />\n", url)
	}
	return head + "<setting-files>\n" + b.String() + "</setting-files>\n"
}

// A site maps paths to response bodies. A number is a status, and a text that begins
// with "to " an HTTP redirect.
type site map[string]string

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, ok := s[r.URL.RequestURI()]
	var status int
	switch _, err := fmt.Sscan(text, &status); {
	case !ok:
		http.NotFound(w, r)
	case err == nil:
		w.WriteHeader(status)
	case strings.HasPrefix(text, "to "):
		w.Header().Set("Location", text[3:])
		w.WriteHeader(http.StatusFound)
	default:
		fmt.Fprint(w, text)
	}
}

// Whether a phone takes a setting server depends on the flag and on whether the
// phone has one already.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		reply string
		has   bool // the phone already has a setting server
		want  bool // the phone takes the new one
	}{
		{reply: "setting_server$: http://two.example/x", want: true},
		{reply: "setting_server&: http://two.example/x", want: true},
		{reply: "setting_server: http://two.example/x", want: true},
		{reply: "setting_server!: http://two.example/x", want: true},
		{reply: "setting_server$: http://two.example/x", has: true, want: true},
		{reply: "setting_server&: http://two.example/x", has: true, want: true},
		{reply: "setting_server: http://two.example/x", has: true, want: true},
		{reply: "setting_server!: http://two.example/x", has: true},
		{reply: xmlServer(` perm="$"`, "http://two.example/x"), has: true, want: true},
		{reply: xmlServer(` perm="RW"`, "http://two.example/x"), has: true, want: true},
		{reply: xmlServer(` perm="R"`, "http://two.example/x"), has: true, want: true},
		{reply: xmlServer(` perm="&amp;"`, "http://two.example/x"), has: true, want: true},
		{reply: xmlServer(` perm=""`, "http://two.example/x"), has: true, want: true},
		{reply: xmlServer(``, "http://two.example/x"), has: true, want: true},
		{reply: xmlServer(` perm="!"`, "http://two.example/x"), has: true},
		{reply: xmlServer(` perm="!"`, "http://two.example/x"), want: true},
	} {
		w := newWorld(t)
		w.serve("one.example", site{"/snom360/snom360.php?mac=" + testMAC: c.reply + "\n", "/own": "a: 1\n" + c.reply + "\n"})
		if strings.HasPrefix(c.reply, "<") {
			w.serve("one.example", site{"/snom360/snom360.php?mac=" + testMAC: c.reply, "/own": c.reply})
		}
		w.serve("two.example", site{"/x": "b: 2\n"})
		b := bootCommand{MAC: testMAC, URL: "http://one.example"}
		if c.has {
			b.URL = "http://one.example/own"
		}
		got, err := w.boot(b)
		if taken := strings.Contains(got, ". http://two.example/x (setting_server)"); taken != c.want {
			t.Errorf("%s, has %v: taken is %v, %v\n%s", c.reply, c.has, taken, err, got)
		}
		if ignored := strings.Contains(got, "ignored: the phone already has one"); ignored == c.want {
			t.Errorf("%s, has %v: ignored is %v\n%s", c.reply, c.has, ignored, got)
		}
	}
}

// An error says what went wrong and at which URL.
func TestBootErrors(t *testing.T) {
	long := strings.Repeat("# \n", boot.Patient.Reply/3+1)
	var urls []string
	for i := range boot.Patient.Requests {
		urls = append(urls, fmt.Sprintf("http://one.example/f%d", i))
	}
	chain := site{}
	for i := range boot.Patient.Servers + 2 {
		chain[fmt.Sprintf("/%d", i)] = fmt.Sprintf("setting_server$: http://one.example/%d\n", i+1)
	}
	deep := site{}
	for i := range boot.Patient.Depth + 2 {
		deep[fmt.Sprintf("/%d", i)] = files(fmt.Sprintf("http://one.example/%d", i+1))
	}
	for name, c := range map[string]struct {
		site     site
		url      string // after http://one.example
		firmware string
		want     string
	}{
		"not there":         {site{}, "/x", "", "step 1, http://one.example/x: 404 Not Found"},
		"neither of two":    {site{}, "/", "", "2 of 2 steps failed; the first is step 1, http://one.example/snom360.htm: 404 Not Found"},
		"error":             {site{"/x": "500"}, "/x", "", "expected status 200"},
		"one of two broken": {site{"/snom360.htm": "a: 1\n", "/snom360-" + testMAC + ".htm": "503"}, "/", "", "expected status 200"},
		"empty":             {site{"/x": "# nothing\n"}, "/x", "", "no settings: a phone would try other sources"},
		"empty file":        {site{"/x": files("http://one.example/y"), "/y": "# nothing\n"}, "/x", "", "no settings: a phone would try"},
		"empty container":   {site{"/x": files()}, "/x", "", "no settings: a phone would try"},
		"too long":          {site{"/x": long}, "/x", "", "longer than 1048576 bytes"},
		"no file":           {site{"/x": "{\"some\": \"JSON\"}\n"}, "/x", "", "not a settings file"},
		"HTML":              {site{"/x": head + "<html><body>Log in</body></html>"}, "/x", "", "phones don't know the root element <html>"},
		"broken XML":        {site{"/x": head + "<settings><phone-settings>"}, "/x", "", "broken XML"},
		"XML for 6.5":       {site{"/x": files("http://one.example/y")}, "/x", "6.5", "XML, which desk phones read since firmware 7.1.8"},
		"XML for 7.1.7":     {site{"/x": files("http://one.example/y")}, "/x", "7.1.7", "serve the plain format to firmware 7.1.7"},
		"ftp server":        {site{"/x": "setting_server$: ftp://two.example/y\n"}, "/x", "", "follows only http, https and tftp"},
		"ftp file":          {site{"/x": files("ftp://two.example/y")}, "/x", "", "follows only http, https and tftp"},
		"no URL":            {site{"/x": "setting_server$: two.example\n"}, "/x", "", "is not a URL that a phone can request"},
		"blank after URL":   {site{"/x": "setting_server$: http://one.example/ \n"}, "/x", "", "it contains blanks"},
		"file missing":      {site{"/x": files("http://one.example/y", "http://one.example/z"), "/z": "a: 1\n"}, "/x", "", "step 2, http://one.example/y: 404"},
		"firmware missing":  {site{"/x": "firmware_status: http://one.example/f\n"}, "/x", "", "step 3, http://one.example/f: 404"},
		"loop of servers": {site{"/x": "setting_server$: http://one.example/y\n", "/y": "setting_server$: http://one.example/x\n"}, "/x", "",
			"a loop: step 3 sends the phone back to http://one.example/x"},
		"loop of files":     {site{"/x": files("http://one.example/y"), "/y": files("http://one.example/x")}, "/x", "", "a loop: http://one.example/x names itself"},
		"loop of folders":   {site{"/snom360.htm": files("http://one.example/")}, "/", "", "a loop: http://one.example/snom360.htm names itself"},
		"loop of redirects": {site{"/x": "to /x"}, "/x", "", "4 HTTP redirects in a row are the limit"},
		"no Location":       {site{"/x": "302"}, "/x", "", "a redirect without a valid Location"},
		"redirect to ftp":   {site{"/x": "to ftp://one.example/"}, "/x", "", "follows only http, https and tftp"},
		"many servers":      {chain, "/0", "", "stopped before http://one.example/6: 5 setting servers in a row"},
		"deep":              {deep, "/0", "", "files may name files 4 deep"},
		"many files":        {site{"/x": files(urls...), "/f0": "a: 1\n"}, "/x", "", "64 requests are the limit"},
		"no answer":         {site{"/x": "setting_server$: http://three.example/y\n"}, "/x", "", "no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.serve("one.example", c.site)
			got, err := w.boot(bootCommand{MAC: testMAC, Firmware: c.firmware, URL: "http://one.example" + c.url})
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, errUsage) {
				t.Errorf("%v, want an error with %q\n%s", err, c.want, got)
			}
			if strings.HasPrefix(name, "XML for") && strings.Contains(got, "one.example/y") {
				t.Errorf("follows a file that the phone can't read:\n%s", got)
			}
		})
	}
}

func TestDetours(t *testing.T) {
	for name, c := range map[string]struct {
		site site
		b    bootCommand
		want string
	}{
		"one of two":      {site{"/p/snom360-" + testMAC + ".htm": "a: 1\n"}, bootCommand{URL: "http://one.example/p/"}, "   404 Not Found\n\n2. http://one.example/p/snom360-000413230001.htm"},
		"only lists":      {site{"/x": "<tbook><item/></tbook>"}, bootCommand{URL: "http://one.example/x"}, "1 entry of tbook"},
		"file name":       {site{"/p/own-" + testMAC: "a: 1\n"}, bootCommand{URL: "http://one.example/p/own-{mac}"}, "200 OK, plain, 5 bytes: 1 setting"},
		"HTTP redirect":   {site{"/x": "to /y", "/y": "a: 1\n"}, bootCommand{URL: "http://one.example/x"}, "2. http://one.example/y (HTTP redirect of 1)"},
		"no follow":       {site{"/snom360/snom360.php?mac=" + testMAC: "setting_server$: tftp://two.example/\n"}, bootCommand{URL: "http://one.example", NoFollow: true}, "taken"},
		"no follow m9":    {site{"/snomm9/snomm9.php?mac=" + testMAC: files("tftp://two.example/")}, bootCommand{URL: "http://one.example", Model: "m9", NoFollow: true}, "names tftp://two.example/"},
		"DECT reads XML":  {site{"/x": files("http://one.example/y"), "/y": "a: 1\n"}, bootCommand{URL: "http://one.example/x", Model: "snomM300", Firmware: "03.23"}, "2. http://one.example/y (file of 1)"},
		"twice, no loop":  {site{"/x": files("http://one.example/y", "http://one.example/y"), "/y": "a: 1\n"}, bootCommand{URL: "http://one.example/x"}, "3. http://one.example/y (file of 1)"},
		"skipped line":    {site{"/x": "a: 1\n\nwhat is this\nb: 2\n"}, bootCommand{URL: "http://one.example/x"}, "1 line is not a setting, first line 3"},
		"replaced":        {site{"/snom360.htm": "a: 1\n", "/snom360-" + testMAC + ".htm": "a: 2\n"}, bootCommand{URL: "http://one.example/"}, "a  -  2  (replaces that from 1)"},
		"own User-Agent":  {site{"/x": "a: 1\n"}, bootCommand{URL: "http://one.example/x", UserAgent: "curl/8.5.0"}, "User-Agent: curl/8.5.0"},
		"server unset":    {site{"/x": "setting_server$:\na: 1\n"}, bootCommand{URL: "http://one.example/x"}, "setting_server  $  \"\""},
		"back to itself":  {site{"/x": "setting_server$: http://one.example/x\n"}, bootCommand{URL: "http://one.example/x"}, "1 setting:"},
		"UTF-8 with mark": {site{"/x": "\uFEFF" + xmlServer("", "http://one.example/x")}, bootCommand{URL: "http://one.example/x"}, "200 OK, XML"},
		"ISO-8859-1": {site{"/x": "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><settings><phone-settings><user_realname>S\xf6hne</user_realname></phone-settings></settings>"},
			bootCommand{URL: "http://one.example/x"}, "Söhne"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.serve("one.example", c.site)
			c.b.MAC = testMAC
			if got, err := w.boot(c.b); err != nil || !strings.Contains(got, c.want) {
				t.Errorf("%v, want %q in\n%s", err, c.want, got)
			}
		})
	}
}

// Nothing that a server sends can steer a terminal.
func TestEscapes(t *testing.T) {
	const evil = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e\x7f\r"
	for _, asJSON := range []bool{false, true} {
		w := newWorld(t)
		w.serve("one.example", site{
			"/x": files("http://one.example/y", "http://one.example/z", "http://one.example/"+evil[:1]),
			"/y": "a: " + evil + "\nsetting_server$: " + evil + "\n",
			"/z": head + "<settings><phone-settings><a\u0301b idx=\"\u202e\" perm=\"\u202e\">\u009b</a\u0301b></phone-settings></settings>",
		})
		got, err := w.boot(bootCommand{MAC: testMAC, URL: "http://one.example/x", JSON: asJSON})
		if err == nil {
			t.Errorf("no error:\n%s", got)
		}
		if strings.ContainsAny(strings.ReplaceAll(got, "\n", ""), "\x1b\x07\u009b\u202e\x7f\r") {
			t.Errorf("%q", got)
		}
		if asJSON && !json.Valid([]byte(got)) {
			t.Errorf("no JSON: %s", got)
		}
	}
}

func TestBootJSON(t *testing.T) {
	w := newWorld(t)
	w.serve("one.example", site{"/x": "setting_server$: http://one.example/y\n", "/y": files("http://one.example/z"), "/z": "a!: 1 \u009b\nwhat\n"})
	got, err := w.boot(bootCommand{MAC: testMAC, URL: "http://one.example/x", JSON: true})
	if err != nil {
		t.Error(err)
	}
	golden(t, "boot.json", got)
	var object bootObject
	if err := json.Unmarshal([]byte(got), &object); err != nil || object.Settings[1].Value != "1 \u009b" {
		t.Errorf("%+v, %v", object, err)
	}
}
