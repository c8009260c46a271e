package shell

import (
	"testing"

	"snomredirect/store"
)

// Operators see which keys of admin come back at the next start.
func TestAdminKeys(t *testing.T) {
	const flagged = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
	const fingerprint = "SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE"
	h := newHouse(t)
	var err error
	if h.keys, err = store.ParseKeys(flagged); err != nil {
		t.Fatal(err)
	}
	if _, err := h.registry.AddAccount(store.Audit{Command: "serve"}, false, store.Account{Name: store.Admin, Role: store.Operator, PasswordHash: "x"}); err != nil {
		t.Fatal(err)
	}
	h.says("olga", "account key admin add "+flagged, "admin: "+fingerprint+" ssh-ed25519\n")
	h.says("olga", "account key acme add "+flagged, "acme: "+fingerprint+" ssh-ed25519\n")
	h.says("olga", "account key admin list", fingerprint+` ssh-ed25519 \(--admin-key\)`+"\n")
	h.says("olga", "account key admin list --json", `{"fingerprint":"`+fingerprint+`","kind":"ssh-ed25519","from_admin_key":true}`+"\n")
	h.says("olga", "account key acme list", fingerprint+" ssh-ed25519\n")
	h.says("olga", "account key admin remove "+fingerprint, `Key removed\. admin has a password and no key left\. The key comes back at the next start, unless it is removed from --admin-key or SNOMREDIRECT_ADMIN_KEY too\.`+"\n")
	h.says("olga", "account key acme remove "+fingerprint, `Key removed\. acme has no key or password left and can't log in\.`+"\n")
}
