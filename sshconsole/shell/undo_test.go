package shell

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestUndo(t *testing.T) {
	h := newHouse(t)
	h.refuses("acme", "undo", StatusRefused, "There is nothing to undo")
	h.says("acme", "register 2e4 2e5 2e6", "(?s).*")
	h.says("acme", "register 2e4 2e5 http://own.example/", "(?s).*")
	h.says("acme", "register 2e4-2e7 http://slip.example/", "(?s).*")
	h.says("acme", "undo --dry-run", "Dry run: REGISTER of 20.* UTC would be undone: 4 phones as before\\.\n")
	h.says("acme", "undo", "REGISTER of 20.* UTC undone: 4 phones as before\\.\n")
	h.says("acme", "export", "0004132202E4,http://own.example/\n0004132202E5,http://own.example/\n0004132202E6,\n")
	h.refuses("acme", "undo", StatusRefused, "There is nothing to undo")
	h.says("acme", "history 2e7", "(?s).*UNDO 0004132202E7.*REGISTER 0004132202E7 .*")

	h.says("acme", "server http://slip.example/", "(?s).*")
	h.says("acme", "history --limit 1", ".*SERVER http://slip.example/, before: http://prov.acme.example/{mac}\n")
	h.says("acme", "history --limit 1 --json", `.*"was":"http://prov.acme.example/{mac}"}`+"\n")
	h.says("acme", "undo --json", `{"command":"SERVER","time":".*","phones":0,"setting_server":"http://prov.acme.example/{mac}"}`+"\n")
	h.says("acme", "retarget http://own.example/ http://slip.example/ --yes", "(?s).*")
	h.says("acme", "undo", "RETARGET of .* undone: 2 phones as before\\.\n")
	h.says("acme", "note 2e4 desk 4", ".*\n")
	h.says("acme", "undo", "NOTE of .* undone: 1 phone as before\\.\n")
	h.gives("acme", "deregister - --short", "2e4\n2e5\n", StatusDone, "2 lines: 2 deregistered.\n")
	h.says("acme", "undo", "DEREGISTER of .* undone: 2 phones as before\\.\n")
	h.says("acme", "export", "0004132202E4,http://own.example/\n0004132202E5,http://own.example/\n0004132202E6,\n")
}

// What can't be undone says why, and changes nothing.
func TestNotUndone(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5 http://own.example/", "(?s).*")
	h.says("olga", "register 2e5 http://new.example/ --account acme", ".*\n")
	h.refuses("acme", "undo", StatusRefused, "0004132202E5 was changed by REGISTER of 20")
	h.refuses("acme", "undo", StatusRefused, "; nothing was undone. HISTORY shows the changes.")
	h.refuses("olga", "undo", StatusRefused, "can't be undone, because it changed other accounts' phones or setting servers.")
	h.says("olga", "account server acme http://theirs.example/", "(?s).*")
	h.refuses("olga", "undo", StatusRefused, "can't be undone, because it changed other accounts'")
	h.says("bare", "server http://one.example/", "(?s).*")
	h.refuses("bare", "undo", StatusRefused, "can't be undone, because bare had no setting server before: SERVER <url> sets another one.")
	h.says("bare", "server http://two.example/", "(?s).*")
	h.says("olga", "account server bare http://three.example/", "(?s).*")
	h.refuses("bare", "undo", StatusRefused, "The account's setting server was changed by another command after SERVER of 20")
	h.gives("acme", "register -", lines(1001), StatusDone, "1001 lines: 1001 registered.\n")
	h.refuses("acme", "undo", StatusRefused, "REGISTER of 20")
	if _, problems, _ := h.at("acme", 0, "undo", ""); !strings.Contains(problems, "because it changed more than 1000 phones") {
		t.Error(problems)
	}
	h.says("acme", "count", "1003\n")
}

// A command that was undone in part says how many phones are as before, and what to do next.
func TestPartlyUndone(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5 http://own.example/", "(?s).*")
	mac := macaddr.MustParse("0004132202E5")
	db := h.registry
	for _, c := range []struct {
		err  error
		want string
	}{
		{store.Stale{}, "240 of 500 phones are as before; the rest was not undone, because the service can't store changes now\\. Try again later: UNDO undoes the rest\\."},
		{fmt.Errorf("%w: /data", store.ErrUnknown), "240 of 500 phones are as before, and it is not known whether more are\\. Try again later: UNDO undoes the rest\\. If it says that there is nothing to undo, all are as before\\."},
		{store.UndoError{MAC: mac, Err: store.ErrChangedSince}, "240 of 500 phones are as before\\. Then 0004132202E5 was changed by REGISTER of 20.* UTC, so the rest was not undone\\. HISTORY shows"},
		{store.UndoError{MAC: mac, Err: store.ErrQuota}, "240 of 500 phones are as before; the rest was not undone\\. 0004132202E5: the account has as many phones as its quota"},
		{store.UndoError{MAC: mac, Err: store.ErrNoSettingServer}, "240 of 500 phones are as before; the rest was not undone\\. 0004132202E5 would have no setting server"},
		{errors.New("/data is on fire"), "240 of 500 phones are as before; the rest was not undone\\. Internal error"},
	} {
		h.registry, h.log = partUndo{db, c.err}, bytes.Buffer{}
		out, problems, status := h.at("acme", 0, "undo", "")
		if !regexp.MustCompile("^REGISTER of 20.* UTC: "+c.want).MatchString(problems) || out != "" || status != StatusRefused || strings.Contains(problems, "/data") {
			t.Errorf("%v: status %d, %q, %s", c.err, status, out, problems)
		}
		if !strings.Contains(h.log.String(), "msg=changed") || !strings.Contains(h.log.String(), "phones=240 of=500") {
			t.Errorf("%v: the log has %s", c.err, h.log.String())
		}
	}
	if !strings.Contains(h.log.String(), "/data is on fire") {
		t.Errorf("the log has %s", h.log.String())
	}
}
