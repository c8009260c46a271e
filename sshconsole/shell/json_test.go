package shell

import (
	"encoding/json"
	"strings"
	"testing"

	"snomredirect/store"
)

// With --json every command writes objects, one per line, and so it does errors.
func TestJSON(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"registered","setting_server":"http://prov.acme.example/\{mac\}","registered_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}`+"\n")
	h.says("acme", "show 2e4 --json", `\{"mac":"0004132202E4",.*"state":"registered",.*\}`+"\n")
	h.says("bravo", "show 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"taken"\}`+"\n")
	h.says("olga", "show 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"registered","account":"acme",.*\}`+"\n")
	h.says("acme", "show F8E7D6000001 --json", `\{"mac":"F8E7D6000001","model":"","state":"unregistered"\}`+"\n")
	h.says("acme", "deregister 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"held","held_until":"[^"]*Z"\}`+"\n")
	h.says("bravo", "show 2e4 --json", `\{"mac":"0004132202E4","model":"snom190","state":"taken"\}`+"\n")
	h.says("acme", "list --json", "")
	h.says("olga", "account show acme --json", `\{"account":"acme","role":"partner","state":"enabled","setting_server":"http://prov.acme.example/\{mac\}","password":false,"keys":\[\],"created_at":"[^"]*Z","phones":0,"held":1,"quota":1000000,"api_keys":0\}`+"\n")
	h.says("olga", "account password acme --json", `\{"account":"acme","password":"[A-Z2-7]{20}"\}`+"\n")

	for _, c := range []struct {
		as     store.Name
		line   string
		status int
		code   code
	}{
		{"bravo", "register 2e4 --json", StatusRefused, codeTaken},
		{"olga", "account add acme --json", StatusRefused, codeTaken},
		{"acme", "deregister 2e4 --json", StatusRefused, codeNotFound},
		{"olga", "account show nobody --json", StatusRefused, codeNotFound},
		{"acme", "show xyz --json", StatusMisunderstood, codeMalformedMAC},
		{"acme", "register 2ff-2e0 --json", StatusMisunderstood, codeMalformedMAC},
		{"acme", "server nonsense --json", StatusMisunderstood, codeMalformedURL},
		{"acme", "server http://provisioning.snom.com/ --json", StatusRefused, codeMalformedURL},
		{"acme", "frobnicate --json", StatusMisunderstood, codeUsage},
		{"acme", "show --json", StatusMisunderstood, codeUsage},
		{"acme", `show "open --json`, StatusMisunderstood, codeUsage},
		{"acme", "account list --json", StatusRefused, codeForbidden},
		{"bare", "register 2e4 --json", StatusRefused, codeTaken},
		{"bare", "register 2e5 --json", StatusRefused, codeForbidden},
	} {
		out, problems, status := h.at(c.as, 0, c.line, "")
		var object errorObject
		if err := json.Unmarshal([]byte(problems), &object); err != nil || object.Code != c.code || object.Error == "" || status != c.status || out != "" {
			t.Errorf("%s: status %d, %q, %q (%v); want %d, %s", c.line, status, out, problems, err, c.status, c.code)
		}
	}
	h.gives("acme", "register - --json --short", "2e5\nxyz\n", StatusRefused, `{"registered":1,"deregistered":0,"changed":0,"unchanged":0,"failed":1}`+"\n",
		`{"error":"Line 2: \"xyz\": expected twelve hex digits, such as 0004132202E4, or the last 3 to 6 of 000413220000, such as 2E4.","code":"malformed_mac","line":2}`)
	h.registry = &failingChange{Registry: h.registry, at: 1}
	h.gives("acme", "register 2e4 --json", "", StatusRefused, "", `{"error":"Internal error; the service's log has the details. Try again, or tell your operator.","code":"internal"}`)

	h = newHouse(t)
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n"
	for _, c := range commands {
		if c.alias != "" || c.example == "retarget http://old.example.com/{mac} http://prov.example.com/{mac} --yes" {
			continue
		}
		input := "2e4\n"
		if strings.HasSuffix(c.example, "key acme add -") {
			input = key
		}
		out, problems, _ := h.at("olga", 80, c.example+" --json", input)
		for line := range strings.Lines(out + problems) {
			var object map[string]any
			if err := json.Unmarshal([]byte(line), &object); err != nil || len(object) == 0 {
				t.Errorf("%s: %q, %v", c.example, line, err)
			}
		}
	}
}

func TestJSONAtATerminal(t *testing.T) {
	h := newHouse(t)
	h.says("bravo", "server http://a.example/", ".*\n")
	out, _, _ := h.at("bravo", 80, "retarget http://a.example/ http://b.example/ --json", "y\n")
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("%q", line)
		}
	}
}
