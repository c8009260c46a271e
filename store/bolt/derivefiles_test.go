package bolt

import (
	"fmt"
	"testing"

	"snomredirect/store"
)

// A replica of one truth may become that of another, which has given the same numbers and
// tokens to others: what follows does not depend on the order in which they are written.
func TestReplaceFilesOfAnotherTruth(t *testing.T) {
	version := func(name string, number int) Write {
		return Write{"f" + string(versionKey(2, store.FileName(name), 1)), fmt.Appendf(nil, `{"Name":%q,"Version":1,"number":%d}`, name, number)}
	}
	space := func(id store.AccountID, token string) Write {
		return Write{"g" + string(accountKey(id)), fmt.Appendf(nil, `{"token":%q,"revision":1}`, token)}
	}
	replace := func(db *DB, files, spaces []Write) {
		t.Helper()
		for letter, records := range map[string][]Write{"f": files, "g": spaces} {
			if err := db.Replace(letter, "", records); err != nil {
				t.Fatal(err)
			}
		}
	}
	fresh := openReplica(t, t.TempDir(), 0, newJournal())
	defer fresh.Close()
	files, spaces := []Write{version("a", 1), version("c", 2)}, []Write{space(2, "x"), space(3, "y")}
	replace(fresh, files, spaces)
	db := openReplica(t, t.TempDir(), 0, newJournal())
	defer db.Close()
	replace(db, []Write{version("b", 1), version("c", 3), version("d", 2)}, []Write{space(2, "y"), space(3, "x"), space(4, "z")})
	replace(db, files, spaces)
	checkSame(t, "the replica", fresh, db)
	if id, err := db.AccountOfToken("x"); id != 2 || err != nil {
		t.Error(id, err)
	}
}
