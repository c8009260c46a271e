package shell

import (
	"fmt"
	"testing"
)

func TestQuota(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "account quota acme 20", "acme: quota 20\n")
	h.says("olga", "account quota acme 30 --dry-run", "Dry run: acme: quota 30\n")
	h.gives("acme", "register 2e0-2f0", "", StatusDone, "0004132202E0-0004132202F0: 17 registered.\n")
	const left = "acme has a quota of 20 phones: %d registered, %d on hold, %d left.\n"
	h.gives("acme", "register 2f1", "", StatusDone, "0004132202F1 registered. Setting server: "+serverA+" (the account's)\n")
	h.gives("acme", "register 2f0-2f4", "", StatusRefused, "0004132202F0-0004132202F4: 2 registered, 2 unchanged, 1 failed.\n",
		"0004132202F4: the account has as many phones as its quota, including those on hold.", fmt.Sprintf(left, 20, 0, 0))
	h.says("acme", "deregister 2e0", ".*\n")
	h.says("olga", "free 2e0", ".*\n")
	h.refuses("acme", "register 2f4", StatusRefused, "0004132202F4: the account has registered as many new phones as it can within a day. Go on after ")
	h.gives("olga", "register - --account acme", "0004132202F4\n", StatusRefused, "1 line: 1 failed.\n", "Line 1: 0004132202F4: the account has registered", fmt.Sprintf(left, 19, 0, 1))
}

func TestQuotaWords(t *testing.T) {
	h := newHouse(t)
	for _, word := range []string{"0", "-1", "many", "1000000001", "1.5"} {
		h.refuses("olga", "account quota acme -- "+word, StatusMisunderstood, "expected a number of phones")
	}
	h.refuses("olga", "account quota nobody 5", StatusRefused, "no account")
	h.refuses("acme", "account quota acme 5", StatusRefused, "operators")
	h.says("olga", "account quota acme 5", "acme: quota 5\n")
	h.says("olga", "account quota acme Default", "acme: the default quota\n")
	if a := h.account("acme"); a.Quota != 0 {
		t.Errorf("%+v", a)
	}
}

// COUNT without a selection reads a count, whoever asks.
func TestCountReadsNoPhones(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4", ".*\n")
	h.says("bravo", "register 2e5-2e6", ".*\n")
	h.registry = pageThen{h.registry, func() { t.Error("phones were read") }}
	h.says("acme", "count", "1\n")
	h.says("olga", "count", "3\n")
	h.says("olga", "count --account bravo", "2\n")
	h.says("bravo", "count --json", `\{"phones":2\}`+"\n")
}

func TestDisableWithPhones(t *testing.T) {
	h := newHouse(t)
	h.says("olga", "account disable acme --phones --dry-run", "Dry run: acme would be disabled with its phones.\n")
	h.says("olga", "account disable acme --phones", "acme is disabled with its phones.\n")
	h.says("olga", "account disable acme", "acme is disabled with its phones.\n")
	h.says("olga", "account list", "(?s).*acme +partner +disabled with its phones +0 phones +no login yet +http.*")
	h.says("olga", "account list --json", `(?s).*"account":"acme","role":"partner","state":"disabled","phones_disabled":true,.*`)
	h.says("olga", "account enable acme", "acme is enabled.\n")
	if a := h.account("acme"); a.Disabled || a.PhonesDisabled {
		t.Errorf("%+v", a)
	}
	h.says("olga", "account disable acme", "acme is disabled.\n")
	if a := h.account("acme"); a.PhonesDisabled {
		t.Errorf("%+v", a)
	}
}
