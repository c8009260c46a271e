package shell

import (
	"strings"
	"testing"
	"time"

	"snomredirect/store"
)

// configured is a registry whose default is that of the service's configuration.
type configured struct {
	Registry
	d store.Default
}

func (c configured) Default() store.Default { return c.d }

func TestDefault(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "default", "Unregistered phones are not redirected\\.\n")
	h.says("olga", "default --json", `\{"default_server":"","any_oui":false,"set_by_command":false\}`+"\n")
	h.says("olga", "show 2ff", "MAC: .*\nModel: .*\nState:          not registered\n")
	h.commits(0, func() {
		h.says("olga", "default http://default.example/{mac} --dry-run", "Dry run: Unregistered snom phones would be redirected to http://default.example/\\{mac\\}\\.\n")
		h.says("olga", "default none --dry-run --json", `\{"default_server":"","any_oui":false,"set_by_command":true,"dry_run":true\}`+"\n")
	})
	h.says("olga", "default http://default.example/{mac}", "Unregistered snom phones are redirected to http://default.example/\\{mac\\}\\.\n")
	h.says("olga", "Default --json", `\{"default_server":"http://default.example/\{mac\}","any_oui":false,"set_by_command":true\}`+"\n")
	h.says("olga", "history --account olga", `.* olga from 192\.0\.2\.7 by password: DEFAULT \[olga\] http://default.example/\{mac\}`+"\n(?s).*")
	h.says("olga", "default None", "Unregistered phones are not redirected\\.\n")
	h.says("olga", "history", "(?s).*: DEFAULT \\[olga\\] NONE\n.*")

	for line, status := range map[string]int{
		"default nonsense": StatusMisunderstood, `default ""`: StatusMisunderstood, "default ftp:/x": StatusMisunderstood, "default http://a.example/ x": StatusMisunderstood,
		"default http://provisioning.snom.com/": StatusRefused,
	} {
		h.refuses("olga", line, status, "xpected")
	}
	h.gives("olga", "default http://default.example/$mac", "", StatusDone, "Unregistered snom phones are redirected to http://default.example/$mac.\n", `"http://default.example/$mac": phones request "$mac" as it is`)
	for _, line := range []string{"default", "default none", "default http://default.example/", "help default"} {
		h.refuses("acme", line, StatusRefused, "")
	}
	if out, _, _ := h.at("acme", 0, "history", ""); strings.Contains(out, "DEFAULT") {
		t.Errorf("a partner sees %q", out)
	}
}

// SHOW names the service's default of a phone that nobody has registered, to anybody.
func TestShowDefault(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	h.says("acme", "deregister 2e5", ".*\n")
	h.says("olga", "default http://default.example/{mac}", ".*\n")
	h.contacts.record(contactOf("0004132202FF", -time.Second, store.ToDefault))
	const server = `Setting server: http://default.example/\{mac\} \(the service's default\)` + "\n"
	for _, who := range []store.Name{"bravo", "olga"} {
		h.says(who, "show 2ff", "MAC: .*\nModel: .*\nState:          not registered\n"+server+"Last contact:   .* UTC snom360 with firmware 7.3.14, redirected to the service's default\n")
		h.says(who, "show 2ff --json", `\{"mac":"0004132202FF","model":"snom190","state":"unregistered","default_server":"http://default.example/\{mac\}","last_contact":\{.*"answer":"default"\}\}`+"\n")
		h.says(who, "show 00135E874B49", "MAC: .*\nModel: .*\nState:          not registered\n")
	}
	h.says("acme", "show 2e5", "(?s).*State:          on hold until .*: REGISTER takes it back\n"+server)
	h.says("bravo", "show 2e5", "MAC: .*\nModel: .*\nState:          registered by another account\n")
	h.says("acme", "show 2e4", `(?s).*Setting server: http://prov.acme.example/\{mac\} \(the account's\)`+"\n.*")

	h.registry = configured{h.registry, store.Default{URL: store.RestoreURL("http://secure-provisioning.snom.com/"), AnyOUI: true}}
	h.says("olga", "show 00135E874B49", `(?s).*\(the service's default, which is this service: the phone gets no settings\)`+"\n")
	h.says("olga", "default", "Unregistered phones are not redirected, because http://secure-provisioning.snom.com/ is this service\\.\n")
	h.registry = configured{h.registry, store.Default{URL: store.RestoreURL(serverA), AnyOUI: true}}
	h.says("olga", "default", `All unregistered phones are redirected to http://prov.acme.example/\{mac\}, by --default-server\.`+"\n")
	h.says("olga", "default --json", `\{"default_server":"http://prov.acme.example/\{mac\}","any_oui":true,"set_by_command":false\}`+"\n")
}
