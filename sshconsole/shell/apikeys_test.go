package shell

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"snomredirect/store"
)

// makesAPIKeys makes API keys with the IDs key1, key2 and so on, in that order of time.
func (h *house) makesAPIKeys() {
	n := 0
	h.make = func(account store.AccountID, comment string) (store.APIKey, string) {
		n++
		return store.APIKey{ID: "key" + strconv.Itoa(n), Account: account, Comment: comment, Created: time.Unix(1e9+int64(n), 0).UTC(), Sealed: []byte("sealed")}, "SECRET" + strconv.Itoa(n)
	}
}

func TestAPIKeys(t *testing.T) {
	h := newHouse(t)
	h.refuses("acme", "api add", StatusRefused, "API ADD is not available here: the service runs without --sraps.")
	h.says("acme", "api list", "")
	h.makesAPIKeys()
	h.says("acme", "api add falconieri", "ID: +key1\nKey: +SECRET1\n")
	h.says("acme", "api add", "ID: +key2\nKey: +SECRET2\n")
	h.says("acme", "api add x --dry-run", "Dry run: acme would have another API key.\n")
	h.says("olga", "account api acme add 'for NGCP'", "ID: +key4\nKey: +SECRET4\n")
	const list = "key1  added 2001-09-09 01:46:41 UTC  falconieri\nkey2  added 2001-09-09 01:46:42 UTC  \nkey4  added 2001-09-09 01:46:44 UTC  for NGCP\n"
	h.says("acme", "api list", list)
	h.says("olga", "account api acme list", list)
	h.says("olga", "account api bravo list", "")
	h.says("olga", "api list", "")

	h.refuses("acme", "api add "+strings.Repeat("x", 101), StatusMisunderstood, "The comment: expected up to 100 bytes of text without control characters.")
	h.refuses("acme", "account api acme list", StatusRefused, "operators")
	h.refuses("olga", "account api nobody list", StatusRefused, "no account")
	h.refuses("bravo", "api remove key1", StatusRefused, "bravo has no such API key: API LIST or ACCOUNT API bravo LIST shows the IDs.")
	h.refuses("olga", "account api bravo remove key1", StatusRefused, "no such API key")
	h.says("acme", "api remove key1 --dry-run", "Dry run: API key key1 would be removed.\n")
	h.says("acme", "api remove key1", "API key key1 removed.\n")
	h.says("olga", "account api acme remove key2", "API key key2 removed.\n")
	h.says("acme", "api list --json", `{"account":"acme","id":"key4","comment":"for NGCP","created_at":"2001-09-09T01:46:44Z"}`+"\n")
	h.says("acme", "api add y --json", `{"account":"acme","id":"key5","key":"SECRET5","comment":"y","created_at":"2001-09-09T01:46:45Z"}`+"\n")
	h.says("acme", "api add z --json --dry-run", `{"account":"acme","comment":"z","dry_run":true}`+"\n")
	h.says("acme", "api remove key5 --json", `{"account":"acme","id":"key5","comment":"y","created_at":"2001-09-09T01:46:45Z","removed":true}`+"\n")

	out, _, _ := h.at("acme", 0, "history", "")
	for _, want := range []string{": API ADD key1 falconieri\n", "an operator: ACCOUNT API ADD key4 for NGCP\n", ": API REMOVE key1 falconieri\n", "an operator: ACCOUNT API REMOVE key2\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("history:\n%s\nwant %q", out, want)
		}
	}
	if text := out + h.log.String(); strings.Contains(text, "SECRET") || !strings.Contains(text, `command="api add falconieri" owner=acme api_key=key1`) {
		t.Errorf("%s", text)
	}
	for range store.MaxAPIKeys - 1 {
		h.says("olga", "account api acme add", "(?s).*")
	}
	h.refuses("acme", "api add", StatusRefused, "acme would have more than 20 API keys: remove some first.")
}
