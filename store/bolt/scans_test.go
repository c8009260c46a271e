package bolt

import (
	"reflect"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// The service's entries are in the histories of their accounts, and the latest about
// a phone is found. An account that is gone hinders no other's.
func TestScans(t *testing.T) {
	folder := t.TempDir()
	db := openHold(t, folder, 0)
	acme, bravo := addAccount(t, db, "acme"), addAccount(t, db, "bravo")
	other := macaddr.MustParse("0004132202E5")
	begun := time.Now().UTC().Truncate(time.Second)
	scan := func(account store.AccountID, from string, at time.Duration, macs ...macaddr.Addr) store.Entry {
		return store.Entry{Account: account, Audit: store.Audit{Begun: begun.Add(at), RemoteAddr: from, Command: store.CommandScan, Detail: "among 200 requests for unknown MACs"},
			MACs: macaddr.Ranges(macs)}
	}
	for _, entries := range [][]store.Entry{
		nil,
		{scan(acme.ID, "192.0.2.1", 0, testMAC, other), scan(99, "192.0.2.1", 0, testMAC), scan(bravo.ID, "192.0.2.9", 0, testMAC)},
		{scan(acme.ID, "192.0.2.2", time.Hour, testMAC)},
		{scan(acme.ID, "192.0.2.3", 2*time.Hour, other)},
	} {
		if err := db.AddEntries(entries); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openHold(t, folder, 0)
	defer db.Close()
	e, err := db.LastScan(acme.ID, testMAC)
	if err != nil || e.Audit.RemoteAddr != "192.0.2.2" || !e.Last.Equal(begun.Add(time.Hour)) || e.Name != "acme" || !reflect.DeepEqual(e.MACs, macaddr.Ranges([]macaddr.Addr{testMAC})) {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := db.LastScan(bravo.ID, testMAC); err != nil || e.Audit.RemoteAddr != "192.0.2.9" {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := db.LastScan(bravo.ID, other); err != store.ErrNotFound {
		t.Errorf("%+v, %v", e, err)
	}
	if all, err := db.History(acme.ID, testMAC, store.Mark{}, 99); err != nil || len(all) != 2 || all[0].Class() != store.FromStrangers {
		t.Errorf("%+v, %v", all, err)
	}
}
