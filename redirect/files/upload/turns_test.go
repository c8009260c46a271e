package upload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"snomredirect/store"
)

// Uploads of one account wait after each other, and those of others only for one of them.
func TestTurns(t *testing.T) {
	turns := newTurns()
	var mu sync.Mutex
	var order []store.AccountID
	var all sync.WaitGroup
	begun, end := make(chan struct{}), make(chan struct{})
	run := func(account store.AccountID, f func()) {
		all.Go(func() {
			err := turns.run(t.Context(), account, func() error {
				mu.Lock()
				order = append(order, account)
				mu.Unlock()
				f()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		time.Sleep(20 * time.Millisecond) // until it waits
	}
	run(1, func() { close(begun); <-end })
	<-begun
	for range maxWaiting - 1 {
		run(1, func() {})
	}
	run(2, func() {})
	if err := turns.run(t.Context(), 1, func() error { return nil }); err != store.ErrBusy {
		t.Errorf("one more: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := turns.run(ctx, 3, func() error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that gives up: %v", err)
	}
	close(end)
	all.Wait()
	if len(order) != maxWaiting+1 || order[1] != 2 && order[2] != 2 {
		t.Errorf("in the order %v", order)
	}
	if len(turns.accounts) != 0 {
		t.Errorf("%d accounts are remembered", len(turns.accounts))
	}
}

// A meddler changes the files before each change that it passes on.
type meddler struct {
	Store
	meddle func()
}

func (m *meddler) PutFile(audit store.Audit, dryRun bool, account store.AccountID, revision uint64, name store.FileName, text []byte) (store.File, error) {
	m.meddle()
	return m.Store.PutFile(audit, dryRun, account, revision, name, text)
}

// What is stored was checked against the files that are there.
func TestChangedMeanwhile(t *testing.T) {
	d := newDesk(t)
	n := 0
	put := func(name store.FileName, text string) {
		n++
		if _, err := d.db.PutFile(store.Audit{}, false, d.account.ID, 0, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	put(store.PhonesFile, csv)
	once := sync.Once{}
	d.Store = &meddler{d.db, func() { once.Do(func() { put(store.PhonesFile, "mac,room\n"+ann+",1\n") }) }}
	if found, err := d.put2("keys.xml", settingsFile(named)); err != ErrRefused || !strings.Contains(found, "no column name") {
		t.Errorf("%v, %s", err, found)
	}
	n = 0
	d.Store = &meddler{d.db, func() { put("other.xml", fmt.Sprintf("a: %d", n)) }}
	if _, err := d.put2("a.htm", "a: b"); err != store.ErrFilesChanged || n != attempts {
		t.Errorf("%v after %d attempts", err, n)
	}
}

func (d *desk) put2(name store.FileName, text string) (string, error) {
	_, findings, err := d.Put(d.Context(), store.Audit{}, false, false, d.account, name, []byte(text))
	return lines(findings), err
}
