package storetest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"snomredirect/store"
)

func filesURL(token string) store.URL {
	return store.RestoreURL("https://files.example/" + token + "/")
}

// A new token takes over the setting server; the old one is good for a day more.
func tokensOfFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	_, err := b.AccountOfToken("")
	b.want(err, store.ErrNoFile)
	n := len(b.entries(acme.ID))
	first, err := b.EnsureFileToken(acme.ID)
	b.must(err)
	if again, err := b.EnsureFileToken(acme.ID); err != nil || again != first || len(first.Token) != 26 || len(b.entries(acme.ID)) != n {
		b.Errorf("%+v, %+v, %v", first, again, err)
	}
	rotate := func(dryRun bool) store.FileSpace {
		b.Helper()
		s, err := b.MakeFileToken(store.Audit{Name: "acme", Command: "FILE ROTATE"}, dryRun, acme.ID, filesURL)
		b.must(err)
		return s
	}
	server := func(want store.URL) {
		b.Helper()
		if a, err := b.Account(acme.ID); err != nil || a.SettingServer != want {
			b.Errorf("the setting server is %v, %v; want %v", a.SettingServer, err, want)
		}
	}
	finds := func(token string, want error) {
		b.Helper()
		id, err := b.AccountOfToken(token)
		b.want(err, want)
		if err == nil && id != acme.ID {
			b.Errorf("account %d", id)
		}
	}
	rotate(true)
	finds(first.Token, nil)
	if s := b.space(acme.ID); s != first {
		b.Errorf("a dry run: %+v, want %+v", s, first)
	}
	second := rotate(false)
	server(urlA)
	a, err := b.ServeFiles(audit, false, acme.ID, filesURL)
	b.must(err)
	server(a.SettingServer)
	server(filesURL(second.Token))
	third := rotate(false)
	server(filesURL(third.Token))
	if s := b.space(acme.ID); s != third || s.OldToken != second.Token || !s.OldUntil.Equal(time.Now().Add(store.OldTokenTime).Truncate(time.Second)) {
		b.Errorf("%+v, want %+v", s, third)
	}
	b.reopen(0)
	finds(first.Token, store.ErrNoFile)
	finds(second.Token, nil)
	finds(third.Token, nil)
	b.away(store.OldTokenTime-time.Second, 0)
	finds(second.Token, nil)
	time.Sleep(time.Second)
	finds(second.Token, store.ErrNoFile)
	finds(third.Token, nil)
	if s := b.space(acme.ID); s.OldToken != "" || !s.OldUntil.IsZero() {
		b.Errorf("%+v", s)
	}
	_, err = b.EnsureFileToken(99)
	b.want(err, store.ErrNoAccount)
	_, err = b.MakeFileToken(audit, false, 99, filesURL)
	b.want(err, store.ErrNoAccount)
}

// An account's files become its setting server, at the URL of the present token.
func servedFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	serve := func(dryRun bool) store.URL {
		b.Helper()
		a, err := b.ServeFiles(store.Audit{Actor: acme.ID, Name: "acme", Begun: time.Now(), Command: "SERVER FILES"}, dryRun, acme.ID, filesURL)
		b.must(err)
		return a.SettingServer
	}
	stored := func(want store.URL) {
		b.Helper()
		if a, err := b.Account(acme.ID); err != nil || a.SettingServer != want {
			b.Errorf("the setting server is %v, %v; want %v", a.SettingServer, err, want)
		}
	}
	if url := serve(true); !url.IsZero() {
		b.Errorf("a dry run: %v", url)
	}
	if s := b.space(acme.ID); s.Token != "" {
		b.Errorf("a dry run: %+v", s)
	}
	stored(urlA)
	time.Sleep(time.Second)
	url := serve(false)
	stored(url)
	if s := b.space(acme.ID); filesURL(s.Token) != url {
		b.Errorf("%v, %+v", url, s)
	}
	entries := b.entries(acme.ID)
	if e := entries[0]; e.Audit.Command != "SERVER FILES" || e.Audit.Detail != url.String() {
		b.Errorf("%+v", e)
	}
	if serve(false); len(b.entries(acme.ID)) != len(entries) {
		b.Error("an entry of no change")
	}
	if url := serve(true); url != filesURL(b.space(acme.ID).Token) {
		b.Errorf("a dry run: %v", url)
	}
	own := func() store.Audit { return store.Audit{Actor: acme.ID, Name: "acme", Begun: time.Now()} }
	for i := range store.MaxOwnChanges { // a partner's own changes are bounded
		_, err := b.UpdateAccount(own(), false, acme.ID, func(a *store.Account) error {
			a.SettingServer = store.RestoreURL(fmt.Sprintf("http://prov.example/%d", i))
			return nil
		})
		if err != nil {
			b.want(err, store.ErrTooManyChanges)
			break
		}
		time.Sleep(11 * time.Minute) // entries are joined for 10 minutes
	}
	_, err := b.ServeFiles(own(), false, acme.ID, filesURL)
	b.want(err, store.ErrTooManyChanges)
	_, err = b.ServeFiles(audit, false, 99, filesURL)
	b.want(err, store.ErrNoAccount)
}

// The setting server is that of the present token, however a change of both meets one of
// the token.
func tokensChangeWhileServed(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := b.ServeFiles(audit, false, acme.ID, filesURL); err != nil {
				b.Error(err)
			}
		})
		all.Go(func() {
			if _, err := b.MakeFileToken(audit, false, acme.ID, filesURL); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	if a, err := b.Account(acme.ID); err != nil || a.SettingServer != filesURL(b.space(acme.ID).Token) {
		b.Errorf("%v, %v, %+v", a.SettingServer, err, b.space(acme.ID))
	}
}

// The files and tokens of an account are removed with it.
func filesOfRemovedAccounts(b *bench) {
	acme, other := b.account("acme", store.Partner, serverA), b.account("other", store.Partner, serverB)
	b.put(acme.ID, "a.xml", "one")
	b.put(other.ID, "a.xml", "other's")
	b.must(b.RemoveFile(audit, false, other.ID, 0, "a.xml"))
	b.put(other.ID, "a.xml", "another")
	s, err := b.MakeFileToken(audit, false, acme.ID, filesURL)
	b.must(err)
	b.must(b.RemoveAccount(audit, false, acme.ID))
	_, _, err = b.File(acme.ID, "a.xml", 0)
	b.want(err, store.ErrNoFile)
	_, err = b.FileVersions(acme.ID, "a.xml")
	b.want(err, store.ErrNoFile)
	_, err = b.AccountOfToken(s.Token)
	b.want(err, store.ErrNoFile)
	b.has(other.ID, "a.xml", 0, "another")
	b.has(other.ID, "a.xml", 1, "other's")
}

// The history has each change of files in a class of its own, without their texts.
func historyOfFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	f := b.put(acme.ID, "a.xml", "secret")
	time.Sleep(time.Second)
	b.put(acme.ID, "a.xml", "secret")
	b.must(b.NoteFileRead(store.Audit{Name: "olga", Command: "FILE GET"}, acme.ID, "a.xml"))
	time.Sleep(time.Second)
	b.must(b.RemoveFile(store.Audit{Name: "acme", Command: "FILE REMOVE", Detail: "no longer needed"}, false, acme.ID, 0, "A.XML"))
	all := b.ofClass(acme.ID, store.AboutFiles)
	want := []string{"FILE REMOVE a.xml, no longer needed", "FILE GET a.xml", "FILE PUT a.xml, 6 bytes, sha256 " + f.SHA256}
	for i, e := range all {
		if got := e.Audit.Command + " " + e.Audit.Detail; i >= len(want) || got != want[i] || strings.Contains(got, "secret") {
			b.Errorf("entry %d: %s", i, got)
		}
	}
	if len(all) != len(want) {
		b.Errorf("%d entries", len(all))
	}
	for i := range 2 * store.MaxOwnChanges {
		time.Sleep(time.Second)
		b.put(acme.ID, "a.xml", fmt.Sprint(i))
	}
	if n := len(b.ofClass(acme.ID, store.AboutFiles)); n != 2*store.MaxOwnChanges+3 {
		b.Errorf("%d entries", n)
	}
	if n := len(b.ofClass(acme.ID, store.AboutAccounts)); n != 1 {
		b.Errorf("%d entries about the account", n)
	}
}
