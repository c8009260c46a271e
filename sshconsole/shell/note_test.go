package shell

import (
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestNotes(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	h.says("acme", "note 2e4 Berlin,  desk 4", "0004132202E4: note Berlin, desk 4\n")
	h.says("acme", "note 2e4 'Berlin, desk 5' --dry-run", "Dry run: 0004132202E4: note Berlin, desk 5\n")
	h.says("acme", "note 2e5 Köln --json", `{"mac":"0004132202E5",.*"note":"Köln"}`+"\n")
	h.says("acme", "show 2e4", "(?s).*\nNote:           Berlin, desk 4\n.*")
	h.says("acme", "list --search KÖLN", "0004132202E5\n")
	h.says("acme", "list --long", "(?s)0004132202E4 .*acme.example/{mac}  Berlin, desk 4\n0004132202E5 .*  Köln\n")
	h.says("olga", "list --long --account acme", "(?s).*  Berlin, desk 4\n.*")
	h.says("acme", "export", "0004132202E4,\n0004132202E5,\n")
	h.says("acme", "export --notes", "mac,url,note\n0004132202E4,,\"Berlin, desk 4\"\n0004132202E5,,Köln\n")
	h.says("acme", "export --json", `(?s).*"url":"","note":"Köln"}`+"\n")
	h.says("acme", "note 2e5 remove --dry-run", "Dry run: 0004132202E5: note would be removed.\n")
	h.says("olga", "note 2e5 REMOVE", "0004132202E5: note removed.\n")
	h.says("acme", "note 2e5 REMOVE", "0004132202E5 has no note.\n")

	h.refuses("bravo", "note 2e4 mine", StatusRefused, "registered by another account")
	h.refuses("acme", "note 2e6 Köln", StatusRefused, "is not registered")
	h.refuses("acme", "note 2e4 ''", StatusMisunderstood, `"": expected a note; NOTE 2e4 REMOVE removes it.`)
	h.refuses("acme", "note 2e4", StatusMisunderstood, "Expected: NOTE <mac> <text>..., or: NOTE <mac> REMOVE")
	h.says("acme", "note 2e4 remove in spring", "0004132202E4: note remove in spring\n")
	h.refuses("acme", "note 2e4 '=1+1'", StatusMisunderstood, `"=1+1": expected a note that begins with none of`)
	h.refuses("acme", "note 2e4 "+strings.Repeat("é", 101), StatusMisunderstood, "expected a note of at most 100 printable characters")
}

// The notes of a list are stored, those of phones that it doesn't change stay, and none
// is lost if a line is wrong.
func TestNotesOfLists(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5 2e6", "(?s).*")
	h.says("acme", "note 2e4 old", "(?s).*")
	h.says("acme", "note 2e6 old", "(?s).*")
	h.gives("acme", "register -", "mac,url,note\n0004132202E4,,\n0004132202E5,,=x\n0004132202E7,,\"desk \"\"7\"\"\"\n", StatusRefused,
		"3 lines: 1 registered, 1 changed, 1 failed.\n", `Line 3: "=x": expected a note`)
	for mac, want := range map[string]store.Note{"0004132202E4": "", "0004132202E5": "", "0004132202E6": "old", "0004132202E7": `desk "7"`} {
		if p, err := h.registry.Phone(macaddr.MustParse(mac)); err != nil || p.Note != want {
			t.Errorf("%+v, %v; want %q", p, err, want)
		}
	}
}
