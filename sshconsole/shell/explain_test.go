package shell

import (
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/explanation"
	"snomredirect/store"
)

func TestExplain(t *testing.T) {
	h := newHouse(t)
	h.explain = func(r explanation.Request) explanation.Reply {
		e := explanation.Reply{Status: 200, ContentType: "text/xml", Body: []byte("<x/>\n"), Because: "XML, because of " + r.UserAgent}
		_, mac, _ := strings.Cut(r.Path, "mac=")
		e.MAC, _ = macaddr.Parse(mac)
		return e
	}
	h.says("acme", "register 2e4", ".*\n")
	h.says("acme", "explain 2e4 --user-agent 'a b'", `Request:        GET /snom190/snom190.php\?mac=0004132202E4
User-Agent:     a b
Reply:          200, text/xml, 5 bytes
Why:            registered by you; http://prov.acme.example/\{mac\} \(the account's\); XML, because of a b

<x/>
`)
	h.contacts.record(contactOf("0004132202E4", -time.Second, store.Redirected))
	h.says("acme", "explain 2e4 --json", `\{"mac":"0004132202E4","protocol":"http","path":"/snom360/snom360.php\?mac=0004132202E4","user_agent":"Mozilla/4.0 \(compatible; snom360-SIP 7.3.14\)","status":200,.*"body":"<x/>\\n","why":\["registered by you",.*\]\}`+"\n")
	h.says("olga", "explain 2e4", "(?s).*registered by acme;.*")
	h.says("acme", "explain 2e5", "(?s).*Why:            not registered; XML.*")
	h.says("acme", "explain 2e4 --path /snom360.htm", "(?s).*Why:            the request names no MAC; XML.*")
	// Another account's phone is not explained, by MAC or by path.
	h.refuses("bravo", "explain 2e4", StatusRefused, "0004132202E4 is registered by another account.")
	h.refuses("bravo", "explain 2e5 --path /snom360.php?mac=0004132202E4", StatusMisunderstood, "is a request for 0004132202E4: expected one for 0004132202E5.")
	h.refuses("acme", "explain F8E7D6000001", StatusMisunderstood, "give its request, such as --path /snom360/snom360.php?mac=F8E7D6000001.")
	h.refuses("acme", "explain 2e4 --path x", StatusMisunderstood, `"x": expected a path such as /snom360/snom360.php?mac=0004132202E4.`)
	h.says("acme", "deregister 2e4", ".*\n")
	h.says("acme", "explain 2e4", "(?s).*no longer registered, but on hold until.*")

	// What is no phone's request is not explained by what it names.
	h.explain = func(r explanation.Request) explanation.Reply {
		if r.Path == "/store" {
			return explanation.Reply{Status: 500, Body: []byte("x\n"), Refusal: "internal error"}
		}
		return explanation.Reply{Status: 404, Body: []byte("x\n"), Refusal: "the path ends in neither .php nor .htm"}
	}
	h.says("acme", "explain 2e6 --path /.htm-0004132202E6", "(?s).*\nWhy:            not a phone's request; the path ends in neither \\.php nor \\.htm\n.*")
	h.says("acme", "explain 2e6 --path /x --json", `.*"status":404,.*"why":\["not a phone's request","the path ends in neither .php nor .htm"\]\}`+"\n")
	h.says("acme", "explain 2e6 --path /store", "(?s).*\nWhy:            not registered; internal error\n.*")
}

func TestExplainPnP(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	var got explanation.Request
	h.explain = func(r explanation.Request) explanation.Reply {
		got = r
		return explanation.Reply{MAC: r.MAC, Status: 200, ContentType: "application/url", Body: []byte("http://prov.acme.example/{mac}")}
	}
	h.refuses("acme", "explain 2e4 --pnp", StatusRefused, "There is no Plug & Play here: the service runs without --pnp.")
	h.pnp = true
	h.says("acme", "explain 2e4 --pnp", `Request:        SUBSCRIBE sip:MAC%3a0004132202E4 of a snom190
Reply:          200 and NOTIFY, application/url, 30 bytes
Why:            registered by you; http://prov.acme.example/\{mac\} \(the account's\)

http://prov.acme.example/\{mac\}
`)
	h.refuses("acme", "explain 2e4 --pnp --path /snom360.htm", StatusMisunderstood, "--pnp: expected neither --path nor --user-agent")
	contact := contactOf("0004132202E4", -time.Second, store.Redirected)
	contact.Protocol = store.PnP
	h.contacts.record(contact)
	// A phone that sent a subscription last is explained that one.
	h.says("acme", "explain 2e4 --json", `\{"mac":"0004132202E4","protocol":"pnp","user_agent":"","status":200,"content_type":"application/url","body":"http://prov.acme.example/\{mac\}","why":\[.*\]\}`+"\n")
	if got.Protocol != store.PnP || got.Model != "snom360" || got.Firmware != "7.3.14" {
		t.Errorf("%+v", got)
	}
	h.says("acme", "explain 2e4 --path /snom360.htm", "(?s)Request:        GET /snom360.htm\n.*")
	h.pnp = false
	h.says("acme", "explain 2e4", "(?s)Request:        GET /snom360/snom360.php.*")
	h.pnp = true
	h.explain = func(r explanation.Request) explanation.Reply {
		return explanation.Reply{MAC: r.MAC, Because: "no answer"}
	}
	h.says("acme", "explain 2e5 --pnp", `Request:        SUBSCRIBE sip:MAC%3a0004132202E5 of a snom190
Reply:          none
Why:            not registered; no answer
`)
}
