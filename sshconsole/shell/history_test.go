package shell

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// The history tells a partner of an operator's changes, but not who made them.
func TestHistoryOfAPartner(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.says("acme", "register 2e4", ".*\n") // changes nothing
	h.says("olga", "deregister 2e4", ".*\n")
	h.says("acme", "reg 2e4 2f0-2ff http://own.example/", "(?s).*")
	h.says("olga", "account company acme ACME Ltd", ".*\n")
	when := `\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC `
	h.says("acme", "history", when+`an operator: ACCOUNT COMPANY ACME Ltd
`+when+`acme from 192\.0\.2\.7 by password: REGISTER 0004132202E4 0004132202F0-0004132202FF http://own\.example/
`+when+`an operator: DEREGISTER 0004132202E4
`+when+`acme from 192\.0\.2\.7 by password: REGISTER 0004132202E4
`+when+`the service: ACCOUNT ADD
`)
	// A tool's changes show its name; only operators see the tool of an operator.
	for by, name := range map[string]store.Name{"acme": "acme", "olga": "olga"} {
		a := h.account(name)
		_, err := h.registry.Change(store.Batch{Rule: store.RuleRegister, Owner: h.account("acme").ID,
			Audit:   store.Audit{Actor: a.ID, Name: name, RemoteAddr: "192.0.2.8", Credential: "password", Agent: `rds "` + by + `"`, Command: "redirect.registerPhone"},
			Changes: []store.Change{{MAC: macaddr.MustParse("000413220300"), URL: store.RestoreURL("http://" + by + ".example/")}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.says("olga", "history 300", "(?s).*"+when+`acme from 192\.0\.2\.8 by password with "rds \\"acme\\"": redirect.registerPhone \[acme\] 000413220300( before: http://\w+.example/)?\n.*`)
	h.says("olga", "history 300 --json", `(?s).*"key":"password","user_agent":"rds \\"olga\\"","command".*`)
	h.says("acme", "history 300", `(?s).*an operator: redirect.registerPhone 000413220300( before: http://\w+.example/)?\n.*`)
	h.says("acme", "history 300 --json", `(?s).*"key":"password","user_agent":"rds \\"acme\\"","command".*`)
	if out, _, _ := h.at("acme", 0, "history 300 --json", ""); strings.Contains(out, "olga\\") {
		t.Errorf("a partner sees the tool of an operator: %s", out)
	}
	h.says("acme", "history 2f8", when+`acme from 192\.0\.2\.7 by password: REGISTER 0004132202F8 http://own\.example/`+"\n")
	h.says("acme", "history 301", "")
	h.says("bravo", "history 2e4", "")
	h.says("acme", "history 2f8 --json", `\{"time":"[^"]*Z","by":"acme","from":"192.0.2.7","key":"password","command":"REGISTER","detail":"http://own.example/","macs":\["0004132202F8"\],"phones":1\}`+"\n")
	h.says("olga", "history 2e4 --json", `(?s).*"account":"acme","by":"olga","from":"192.0.2.7","key":"password","command":"DEREGISTER".*`)
	h.refuses("acme", "history 1", StatusMisunderstood, `"1": expected`)
}

// A terminal shows the newest last, and not all; a pipe all, newest first.
func TestHistoryLimit(t *testing.T) {
	h := newHouse(t)
	for i := range 30 {
		h.says("acme", fmt.Sprintf("register 3%02x http://%d.example/", i, i), ".*\n")
	}
	for _, c := range []struct {
		line              string
		width, n          int
		first, last, note string
	}{
		{"history", 80, 20, "http://10.example/", "http://29.example/", "The last 20; HISTORY --limit <n> shows up to 1000.\n"},
		{"history --limit 3", 80, 3, "http://27.example/", "http://29.example/", "The last 3;"},
		{"history --limit 1000", 80, 31, "ACCOUNT ADD", "http://29.example/", ""},
		{"history", 0, 31, "http://29.example/", "ACCOUNT ADD", ""},
		{"history --limit 3", 0, 3, "http://29.example/", "http://27.example/", ""},
		{"history --limit 3 --json", 80, 3, "http://29.example/", "http://27.example/", ""},
	} {
		out, problems, status := h.at("acme", c.width, c.line, "")
		lines := strings.SplitAfter(strings.TrimSuffix(out, "\n"), "\n")
		if c.note != "" && strings.HasPrefix(lines[0], c.note) {
			lines = lines[1:]
		}
		if status != StatusDone || problems != "" || len(lines) != c.n || !strings.Contains(lines[0], c.first) || !strings.Contains(lines[c.n-1], c.last) {
			t.Errorf("%s at %d columns: status %d, %d lines, %q\n%s", c.line, c.width, status, len(lines), problems, out)
		}
	}
	h.refuses("acme", "history --limit 1001", StatusMisunderstood, `"1001": expected a number from 1 to 1000.`)
}

// A command of several transactions is one line, shortened for people and complete
// with --json.
func TestHistoryOfALongList(t *testing.T) {
	h := newHouse(t)
	var list strings.Builder
	for i := range 2*batchSize + 1 {
		fmt.Fprintf(&list, "000413%06X\n", 2*i)
	}
	h.gives("acme", "register -", list.String(), StatusDone, "20001 lines: 20001 registered.\n")
	out, _, _ := h.at("acme", 0, "history", "")
	first, _, _ := strings.Cut(out, "\n")
	if strings.Count(out, "\n") != 2 || !strings.HasSuffix(first, " and more, 20001 phones in all") || strings.Count(first, " 000413") != 16 {
		t.Errorf("%.1000q", out)
	}
	out, _, _ = h.at("acme", 0, "history --json", "")
	first, _, _ = strings.Cut(out, "\n")
	var entry struct {
		MACs   []string
		Phones int
	}
	if err := json.Unmarshal([]byte(first), &entry); err != nil || entry.Phones != 20001 || len(entry.MACs) != 20001 {
		t.Errorf("%v: %d in %d", err, entry.Phones, len(entry.MACs))
	}
	h.says("acme", "history 000413000002", "[^\n]* REGISTER 000413000002\n")
	h.gives("bravo", "register -", strings.ReplaceAll("\n"+lines(2*batchSize+1), "\n000413", "\n1C7126"), StatusDone, "20001 lines: 20001 registered.\n")
	h.says("bravo", "history", "[^\n]* REGISTER 1C7126000000-1C7126004E20\n.*\n")
}

// A phone that one command changed twice counts once.
func TestHistoryOfRepeatedPhones(t *testing.T) {
	h := newHouse(t)
	h.gives("acme", "register - --short", "2e4\n2e4,http://x.example/\n", StatusDone, "2 lines: 1 registered, 1 changed.\n")
	h.says("acme", "history 2e4 --json", `.*"macs":\["0004132202E4"\],"phones":1\}`+"\n")
}

// However much a hijacker registers and deregisters, what he did to the account stays
// in its history.
func TestHistoryOfAFlood(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "account company acme ACME Ltd", ".*\n")
	h.says("acme", "server http://hijack.example/", ".*\n")
	var sessions sync.WaitGroup
	for i := range 8 {
		c := h.caller("acme")
		c.Log = nil
		var input strings.Builder
		for n := range 650 { // each differs, so that none are joined
			fmt.Fprintf(&input, "register 00041300000%d http://%d-%d.example/\nderegister 00041300000%d # %d\n", i, i, n, i, n)
		}
		sessions.Go(func() {
			h.shell.Run(t.Context(), c, IO{In: h.input(strings.NewReader(input.String())), Out: io.Discard, Err: io.Discard})
		})
	}
	sessions.Wait()
	out, _, _ := h.at("acme", 0, "history", "")
	for _, want := range []string{"SERVER http://hijack.example/, before: " + serverA + "\n", "ACCOUNT COMPANY ACME Ltd\n", "ACCOUNT ADD\n", " times, last at "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q among %d lines", want, strings.Count(out, "\n"))
		}
	}
}

// Operators see on which node of a cluster a command ran, partners don't.
func TestHistoryOfNodes(t *testing.T) {
	h := newHouse(t)
	h.registry = onNode{h.registry}
	h.says("acme", "register 2e4", ".*\n")
	h.says("olga", "history 2e4", `.* acme from 192\.0\.2\.7 by password on node1: REGISTER \[acme\] 0004132202E4`+"\n")
	h.says("olga", "history 2e4 --json", `.*"key":"password","node":"node1","command":"REGISTER".*\n`)
	h.says("acme", "history 2e4", `.* acme from 192\.0\.2\.7 by password: REGISTER 0004132202E4`+"\n")
	h.says("acme", "history 2e4 --json", `.*"key":"password","command":"REGISTER".*\n`)
	for _, line := range []string{"history", "history --json", "show 2e4 --json"} {
		if out, _, _ := h.at("acme", 0, line, ""); strings.Contains(out, "node") {
			t.Errorf("a partner sees a node: %s", out)
		}
	}
}
