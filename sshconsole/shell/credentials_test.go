package shell

import (
	"fmt"
	"regexp"
	"testing"

	"snomredirect/store"
)

// A partner looks after its own keys and password, but can't lock itself out.
func TestOwnCredentials(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
	const fingerprint = "SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE"
	h := newHouse(t)
	h.says("acme", "key list", "")
	h.says("acme", "key add "+key+" at home", "acme: "+regexp.QuoteMeta(fingerprint)+" ssh-ed25519 at home\n")
	h.says("acme", "key list", regexp.QuoteMeta(fingerprint)+" ssh-ed25519 at home\n")
	h.refuses("acme", "key remove SHA256:x", StatusRefused, "acme has no such key: KEY LIST shows the fingerprints.")
	h.refuses("acme", "key remove "+fingerprint, StatusRefused, "acme would have no key or password left to log in with: add another one first.")
	h.says("acme", "password new --dry-run", "Dry run: acme would get a new password.\n")
	h.says("acme", "password new", "[A-Z2-7]{20}\n")
	h.says("acme", "key remove "+fingerprint, "Key removed. acme has a password and no key left.\n")
	h.refuses("acme", "password remove", StatusRefused, "add another one first")
	h.says("olga", "account password acme remove", "Password removed. acme has no key or password left and can't log in.\n")

	h.refuses("acme", "password", StatusMisunderstood, "use PASSWORD - to set the one on standard input, or PASSWORD NEW")
	h.gives("acme", "password -", "short\n", StatusMisunderstood, "", "The password was not changed: expected at least 12 characters.")
	h.gives("acme", "password -", "correct horse\nbattery staple\n", StatusMisunderstood, "", "The password was not changed: standard input has more than one line.")
	h.gives("acme", "password - --dry-run", "correct horse battery\n", StatusDone, "Dry run: Password would be changed.\n")
	if h.account("acme").CanLogIn() {
		t.Error("a refused password was set")
	}
	h.gives("acme", "password - --json", "correct horse battery\n", StatusDone, "{\"account\":\"acme\"}\n")
	if !h.account("acme").PasswordHash.Matches("correct horse battery") {
		t.Error("the password does not match")
	}
	h.says("acme", "whoami", `(?s)Account:        acme
.*Password:       set
.*Logged in:      from 192\.0\.2\.7 by password
`)
	h.says("acme", "whoami --json", `\{"account":"acme",.*"from":"192\.0\.2\.7","by":"password"\}\n`)
	h.refuses("acme", "key list bravo", StatusMisunderstood, "KEY LIST")
}

// Changes beyond those of a day are refused before the password is hashed, which takes
// long.
func TestPasswordChangesAreLimited(t *testing.T) {
	h := newHouse(t)
	for n := range store.MaxOwnChanges {
		h.says("acme", fmt.Sprintf("server http://prov.acme.example/%d", n), ".*\n")
	}
	const refusal = "acme has been changed 50 times within a day."
	h.refuses("acme", "password new", StatusRefused, refusal)
	h.gives("acme", "password -", "correct horse battery\n", StatusRefused, "", refusal)
	h.refuses("acme", "key add ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ", StatusRefused, refusal)
	h.says("olga", "account password acme", "[A-Z2-7]{20}\n")
}
