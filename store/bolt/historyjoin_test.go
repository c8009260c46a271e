package bolt

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Entries stay short however many commands they join, and name each phone.
func TestJoinedEntriesStayShort(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	const n = 6000
	err := db.b.Update(func(tx *bbolt.Tx) error {
		for i := range n {
			mac, err := macaddr.FromUint64(uint64(0x000413000000 + 1000*i))
			if err != nil {
				return err
			}
			e := store.Entry{Account: 1, Audit: store.Audit{Name: "acme", Command: "REGISTER"}, MACs: []macaddr.Range{{First: mac, Last: mac}}}
			if err := putEntry(&writeTx{Tx: tx}, e, newYear.Add(time.Duration(i)*time.Millisecond)); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketHistory).ForEach(func(_, v []byte) error {
			if len(v) > maxJoined {
				t.Errorf("an entry of %d bytes", len(v))
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := db.History(1, macaddr.Addr{}, store.Mark{}, n)
	phones, times := 0, 0
	for _, e := range all {
		phones, times = phones+len(e.MACs), times+e.Times
	}
	if err != nil || phones != n || times != n || len(all) > 20 {
		t.Errorf("%d entries of %d phones and %d commands, %v; want few of %d", len(all), phones, times, err, n)
	}
	checkSizes(t, db, 1)
}

// The batches of a long list that is sent again are not joined with each other, and
// count once each.
func TestRepeatedLists(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a := addAccount(t, db, "acme")
	for i := range 4 {
		b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "LIST", Begun: newYear.Add(time.Duration(i/2)*time.Second).AddDate(1, 0, 0)}, Rule: store.Rule(i / 2), Owner: a.ID}
		for n := range 3 {
			b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%d%d00", i%2, n))})
		}
		mustChange(t, db, b)
	}
	all, err := db.History(a.ID, macaddr.Addr{}, store.Mark{}, 9)
	if err != nil || len(all) != 3 || all[0].Times+all[1].Times != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	checkSizes(t, db, a.ID)
}

// Texts that look like a field are none.
func TestHasField(t *testing.T) {
	e := store.Entry{Audit: store.Audit{Name: "acme", Command: `A "B"`, Detail: `"by":"olga","what":"C"`}}
	v, err := appendEntry(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		field, text string
		want        bool
	}{{"by", "acme", true}, {"by", "acm", false}, {"by", "olga", false}, {"by", "", false}, {"with", "", true}, {"what", `A "B"`, true}, {"what", "C", false}} {
		if got := hasField(v, c.field, c.text); got != c.want {
			t.Errorf("%s %q: %v", c.field, c.text, got)
		}
	}
	text, err := head(e)
	if err != nil || !sameHead(v, text) || sameHead(nil, text) || sameHead([]byte{200, '{'}, text) {
		t.Errorf("%s, %v", text, err)
	}
	e.Times, e.Last = 2, newYear
	if v, err = appendEntry(nil, e); err != nil || !sameHead(v, text) {
		t.Errorf("%q, %v", v, err)
	}
	e.Audit.Detail += "x"
	if v, err = appendEntry(nil, e); err != nil || sameHead(v, text) {
		t.Errorf("%q, %v", v, err)
	}
}

// An entry has the node on which its command ran, and joins only those of that node. Without
// a node, it is stored as ever.
func TestEntriesOfNodes(t *testing.T) {
	j := newJournal()
	folder := t.TempDir()
	a := store.Account{}
	for i, node := range []string{"", "a", "a", "b", "a"} {
		db, err := Open(folder, Config{Truth: j, Node: node})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			a = addAccount(t, db, "acme")
		}
		audit := store.Audit{Actor: a.ID, Name: "acme", Command: "REGISTER", Begun: newYear.Add(time.Duration(i) * time.Second)}
		mustChange(t, db, store.Batch{Audit: audit, Rule: store.RuleRegister, Owner: a.ID, Changes: []store.Change{{MAC: macaddr.MustParse(fmt.Sprint("00041300000", i))}}})
		if i == 4 {
			checkNodes(t, db)
			j.checkReplicas(t, db)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Check(DatabaseFile(folder))
	if err != nil || report.Found > 0 {
		t.Errorf("%v, %v", report.Problems, err)
	}
}

// checkNodes checks the nodes of the entries of TestEntriesOfNodes.
func checkNodes(t *testing.T, db *DB) {
	t.Helper()
	var got []string
	all, err := db.History(0, macaddr.Addr{}, store.Mark{}, 9)
	for _, e := range all {
		if e.Audit.Command == "REGISTER" {
			got = append(got, fmt.Sprintf("%q %d %v", e.Node, e.Times, e.MACs))
		}
	}
	want := []string{`"b" 1 [000413000003]`, `"a" 3 [000413000001-000413000002 000413000004]`, `"" 1 [000413000000]`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	_ = db.b.View(func(tx *bbolt.Tx) error {
		_, v := tx.Bucket(bucketHistory).Cursor().First()
		if want := `{"account":"acme","by":"acme","what":"REGISTER"}`; string(headOf(v)) != want {
			t.Errorf("without a node: %s, want %s", headOf(v), want)
		}
		return nil
	})
}
