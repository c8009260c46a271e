package bolt

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Whatever is changed, the writes that were recorded make the same database elsewhere.
func TestReplicaOfRandomChanges(t *testing.T) {
	for range 10 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJournal()
				db := openReplica(t, t.TempDir(), time.Hour, j)
				defer func() { db.Close() }()
				db.config.FileSpace = 3000 // so that old versions make room
				r := &randomChanges{DB: db, Rand: rand.New(rand.NewPCG(seed, 0))}
				for range 300 {
					r.change(t)
				}
				if r.done < 20 {
					t.Errorf("only %d of 300 changes succeeded", r.done)
				}
				j.checkReplicas(t, db)
			})
		})
	}
}

type randomChanges struct {
	*DB
	*rand.Rand
	done int // changes that no rule refused
}

// change makes a change, which the rules may refuse.
func (r *randomChanges) change(t *testing.T) {
	t.Helper()
	account := func() store.AccountID { return store.AccountID(1 + r.IntN(6)) }
	mac := func() macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("0004130000%02X", r.IntN(60))) }
	operator := store.Audit{Actor: 1, Name: "account0", Command: fmt.Sprint("TEST", r.IntN(3))}
	if r.IntN(4) == 0 {
		time.Sleep(time.Duration(r.IntN(40)) * time.Minute)
	}
	var err error
	switch r.IntN(20) {
	case 0:
		a := store.Account{Name: store.Name(fmt.Sprint("account", r.IntN(6))), SettingServer: store.RestoreURL("http://a.example/")}
		if a.Name == "account0" {
			a.Role = store.Operator
		}
		_, err = r.AddAccount(operator, r.IntN(3) == 0, a)
	case 1:
		_, err = r.UpdateAccount(operator, false, account(), func(a *store.Account) error {
			a.Company = fmt.Sprint(r.IntN(3))
			a.Disabled = a.Role != store.Operator && r.IntN(8) == 0
			return nil
		})
	case 2:
		err = r.RemoveAccount(operator, false, account())
	case 3:
		_, err = r.MakeClaim(store.Audit{Actor: account(), Command: "CLAIM"}, false, mac(), time.Hour)
	case 4:
		err = r.DecideClaim(operator, false, mac(), account(), r.IntN(2) == 0)
	case 5:
		_, err = r.SetDefault(operator, false, store.RestoreURL(fmt.Sprintf("http://%d.example/", r.IntN(3))))
	case 6:
		var job store.Job
		if job, err = r.BeginJob(store.Job{Account: account()}); err == nil && r.IntN(2) == 0 {
			err = r.EndJob(job)
		}
	case 7:
		err = r.AddEntries([]store.Entry{{Account: account(), Audit: store.Audit{Command: store.CommandScan}, MACs: []macaddr.Range{{First: mac(), Last: mac()}}}})
	case 8, 9, 10, 11:
		err = r.changeFiles(store.Audit{Actor: account(), Command: store.CommandFile + "PUT"}, account())
	case 12:
		err = r.AddAPIKey(operator, r.IntN(3) == 0, store.APIKey{ID: fmt.Sprint(r.IntN(8)), Account: account(), Sealed: []byte{1}})
	case 13:
		err = r.RemoveAPIKey(operator, r.IntN(3) == 0, account(), fmt.Sprint(r.IntN(8)))
	case 14:
		err = r.AddProvisioningProfile(operator, account(), store.ProvisioningProfile{UUID: store.NewUUID(), Name: fmt.Sprint(r.IntN(4))})
	case 15:
		_, err = r.Undo(store.Audit{Actor: account(), Command: "UNDO"}, r.IntN(3) == 0)
	default:
		b := store.Batch{
			Audit:  store.Audit{Actor: account(), Command: "BATCH", Begun: time.Now(), Undoable: r.IntN(2) == 0},
			Rule:   []store.Rule{store.RuleRegister, store.RuleRegister, store.RuleDeregister, store.RuleTransfer, store.RuleAnnotate}[r.IntN(5)],
			Owner:  account(),
			Atomic: r.IntN(4) == 0,
		}
		if b.Rule == store.RuleRegister {
			b.Owner = b.Audit.Actor
		}
		for range 1 + r.IntN(20) {
			b.Changes = append(b.Changes, store.Change{MAC: mac(), URL: store.RestoreURL([]string{"", "http://own.example/"}[r.IntN(2)]), Note: store.Note([]string{"", "desk"}[r.IntN(2)]), Noted: r.IntN(2) == 0})
		}
		_, err = r.Change(b)
	}
	if err == nil {
		r.done++
	}
}

// changeFiles changes files of an account, which may exceed its bounds.
func (r *randomChanges) changeFiles(audit store.Audit, account store.AccountID) error {
	name := store.FileName(fmt.Sprintf("%d.xml", r.IntN(4)))
	url := func(token string) store.URL { return store.RestoreURL("http://files.example/" + token + "/") }
	switch r.IntN(9) {
	case 0:
		_, err := r.MakeFileToken(audit, r.IntN(3) == 0, account, url)
		return err
	case 1:
		_, err := r.EnsureFileToken(account)
		return err
	case 2:
		return r.NoteFileRead(audit, account, name)
	case 3, 4:
		return r.RemoveFile(audit, false, account, 0, name)
	case 5:
		_, err := r.ServeFiles(audit, r.IntN(3) == 0, account, url)
		return err
	}
	_, err := r.PutFile(audit, r.IntN(4) == 0, account, 0, name, randomText(r.IntN(1000)))
	return err
}
