package entries

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// The batches of one command are a line, and so are several commands that one entry
// records. Partners see neither who the others are nor the nodes.
func TestWriter(t *testing.T) {
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	one := func(first, last string) []macaddr.Range {
		return []macaddr.Range{{First: macaddr.MustParse(first), Last: macaddr.MustParse(last)}}
	}
	list := store.Audit{Name: "acme", RemoteAddr: "192.0.2.7", Credential: "password", Begun: begun, Command: "REGISTER"}
	all := []store.Entry{
		{Account: 2, Name: "acme", Audit: list, MACs: one("000413000001", "000413000002"), Times: 1, Last: begun},
		{Account: 2, Name: "acme", Audit: list, MACs: one("000413000003", "000413000003"), Times: 1, Last: begun},
		{Account: 2, Name: "acme", Audit: list, MACs: one("000413000005", "000413000005"), Times: 3, Last: begun.Add(time.Minute)},
		{Account: 2, Name: "acme", Audit: store.Audit{Name: "olga", RemoteAddr: "192.0.2.9", Begun: begun, Command: "TRANSFER"}, MACs: one("000413000001", "000413000001"), Other: "bravo", Away: true, Times: 1, Last: begun},
		{Account: 2, Name: "acme", Audit: store.Audit{Begun: begun, RemoteAddr: "198.51.100.7", Command: store.CommandScan, Detail: "among 200 requests for unknown MACs"}, MACs: one("000413000001", "000413000001"), Times: 1, Last: begun},
		{Account: 2, Name: "acme", Node: "node1", Audit: list, MACs: one("000413000006", "000413000006"), Times: 1, Last: begun},
		{Account: 2, Name: "acme", Node: "node2", Audit: list, MACs: one("000413000007", "000413000007"), Times: 1, Last: begun},
	}
	olga := store.Account{Name: "olga", Role: store.Operator}
	for _, c := range []struct {
		by   store.Account
		json bool
		want string
	}{
		{store.Account{Name: "acme"}, false, `2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password: REGISTER 000413000001-000413000003
2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password: REGISTER 000413000005 3 times, last at 2026-01-02 03:05:05 UTC
2026-01-02 03:04:05 UTC an operator: TRANSFER 000413000001 to another account
2026-01-02 03:04:05 UTC the service from 198.51.100.7: SCAN 000413000001 among 200 requests for unknown MACs
2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password: REGISTER 000413000006
2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password: REGISTER 000413000007
`},
		{store.Account{Name: "acme"}, true, `{"time":"2026-01-02T03:04:05Z","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","macs":["000413000001-000413000003"],"phones":3}
{"time":"2026-01-02T03:04:05Z","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","times":3,"last":"2026-01-02T03:05:05Z","macs":["000413000005"],"phones":1}
{"time":"2026-01-02T03:04:05Z","by":"an operator","command":"TRANSFER","transferred_to":"another account","macs":["000413000001"],"phones":1}
{"time":"2026-01-02T03:04:05Z","by":"the service","from":"198.51.100.7","command":"SCAN","detail":"among 200 requests for unknown MACs","macs":["000413000001"],"phones":1}
{"time":"2026-01-02T03:04:05Z","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","macs":["000413000006"],"phones":1}
{"time":"2026-01-02T03:04:05Z","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","macs":["000413000007"],"phones":1}
`},
		{olga, true, `{"time":"2026-01-02T03:04:05Z","account":"acme","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","macs":["000413000001-000413000003"],"phones":3}
{"time":"2026-01-02T03:04:05Z","account":"acme","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","times":3,"last":"2026-01-02T03:05:05Z","macs":["000413000005"],"phones":1}
{"time":"2026-01-02T03:04:05Z","account":"acme","by":"olga","from":"192.0.2.9","command":"TRANSFER","transferred_to":"bravo","macs":["000413000001"],"phones":1}
{"time":"2026-01-02T03:04:05Z","account":"acme","by":"the service","from":"198.51.100.7","command":"SCAN","detail":"among 200 requests for unknown MACs","macs":["000413000001"],"phones":1}
{"time":"2026-01-02T03:04:05Z","account":"acme","by":"acme","from":"192.0.2.7","key":"password","node":"node1","command":"REGISTER","macs":["000413000006"],"phones":1}
{"time":"2026-01-02T03:04:05Z","account":"acme","by":"acme","from":"192.0.2.7","key":"password","node":"node2","command":"REGISTER","macs":["000413000007"],"phones":1}
`},
		{olga, false, `2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password: REGISTER [acme] 000413000001-000413000003
2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password: REGISTER [acme] 000413000005 3 times, last at 2026-01-02 03:05:05 UTC
2026-01-02 03:04:05 UTC olga from 192.0.2.9: TRANSFER [acme] 000413000001 to bravo
2026-01-02 03:04:05 UTC the service from 198.51.100.7: SCAN [acme] 000413000001 among 200 requests for unknown MACs
2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password on node1: REGISTER [acme] 000413000006
2026-01-02 03:04:05 UTC acme from 192.0.2.7 by password on node2: REGISTER [acme] 000413000007
`},
	} {
		var b strings.Builder
		w := Writer{Out: bufio.NewWriter(&b), JSON: c.json, By: c.by}
		for _, e := range all {
			w.Add(e)
		}
		w.End()
		w.Out.Flush()
		if b.String() != c.want {
			t.Errorf("%s, JSON %v:\n%s\nwant\n%s", c.by.Name, c.json, b.String(), c.want)
		}
	}
}

// Entries of different accounts or nodes, with different other accounts or from different
// sides of a transfer are not of the same command.
func TestSameCommand(t *testing.T) {
	a := store.Entry{Account: 1, Other: "x"}
	for _, b := range []store.Entry{{Account: 1, Other: "x", Times: 2}, {Account: 2, Other: "x"}, {Account: 1, Other: "y"}, {Account: 1, Other: "x", Away: true}, {Account: 1, Other: "x", Node: "a"}} {
		if sameCommand(a, b) {
			t.Errorf("%+v", b)
		}
	}
	if !sameCommand(a, a) {
		t.Error("an entry differs from itself")
	}
}
