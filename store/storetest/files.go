package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"snomredirect/store"
)

// put uploads a file.
func (b *bench) put(id store.AccountID, name store.FileName, text string) store.File {
	b.Helper()
	f, err := b.PutFile(store.Audit{Name: "acme", Command: "FILE PUT"}, false, id, 0, name, []byte(text))
	b.must(err)
	return f
}

// has checks the text of a version.
func (b *bench) has(id store.AccountID, name store.FileName, version int, want string) {
	b.Helper()
	if _, text, err := b.File(id, name, version); err != nil || string(text) != want {
		b.Errorf("version %d of %s: %.40q, %v; want %.40q", version, name, text, err, want)
	}
}

// space returns what an account has of files, and compares it with the list.
func (b *bench) space(id store.AccountID) store.FileSpace {
	b.Helper()
	s, err := b.FileSpace(id)
	b.must(err)
	all, err := b.Files(id)
	if err != nil || len(all) != s.Files {
		b.Errorf("%d files, %v; want %d", len(all), err, s.Files)
	}
	return s
}

// Files are found by their name in any case, and listed in order without their texts.
func filesAreStored(b *bench) {
	acme, other := b.account("acme", store.Partner, serverA), b.account("other", store.Partner, serverB)
	if s := b.space(acme.ID); s != (store.FileSpace{Revision: store.FirstRevision}) {
		b.Errorf("%+v", s)
	}
	f := b.put(acme.ID, "Snom360.htm", "one")
	want := store.File{Name: "Snom360.htm", Version: 1, At: time.Now().UTC().Truncate(time.Second), Size: 3, By: "acme", SHA256: "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"}
	if f != want {
		b.Errorf("%+v, want %+v", f, want)
	}
	b.put(acme.ID, "360/b.xml", "two")
	b.put(acme.ID, "a.xml", "")
	b.put(other.ID, "snom360.htm", "other's")
	again := func() {
		b.Helper()
		b.has(acme.ID, "SNOM360.HTM", 0, "one")
		b.has(acme.ID, "snom360.htm", 1, "one")
		b.has(acme.ID, "a.xml", 0, "")
		b.has(other.ID, "snom360.htm", 0, "other's")
		all, err := b.Files(acme.ID)
		b.must(err)
		if len(all) != 3 || all[0].Name != "360/b.xml" || all[1].Name != "a.xml" || all[2] != want {
			b.Errorf("%+v", all)
		}
		for folder, want := range map[store.FileName]bool{"360": true, "36": false, "b.xml": false, "snom360.htm": false, "A.XML": false} {
			if has, err := b.HasFolder(acme.ID, folder); has != want || err != nil {
				b.Errorf("%s: %v, %v", folder, has, err)
			}
		}
		if has, err := b.HasFolder(other.ID, "360"); has || err != nil {
			b.Error("another account's folder", err)
		}
		for name, version := range map[store.FileName]int{"snom360.htm": 2, "snom360": 0, "b.xml": 0, "snom360.htm2": 0} {
			_, _, err := b.File(acme.ID, name, version)
			b.want(err, store.ErrNoFile)
		}
		if s := b.space(acme.ID); s.Files != 3 || s.Bytes != 6 || s.Revision != 4 {
			b.Errorf("%+v", s)
		}
	}
	again()
	b.reopen(0)
	again()
	_, err := b.FileVersions(other.ID, "a.xml")
	b.want(err, store.ErrNoFile)
	_, err = b.FileSpace(99)
	b.want(err, store.ErrNoAccount)
	_, err = b.PutFile(audit, false, 99, 0, "a.xml", nil)
	b.want(err, store.ErrNoAccount)
	b.want(b.RemoveFile(audit, false, 99, 0, "a.xml"), store.ErrNoAccount)
	b.want(b.NoteFileRead(audit, 99, "a.xml"), store.ErrNoAccount)
}

// The latest versions are kept, also those before a removal. The same text again is none.
func versionsOfFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	for i := range store.MaxFileVersions + 3 {
		b.put(acme.ID, "a.xml", fmt.Sprint("text ", i+1))
	}
	revision := b.space(acme.ID).Revision
	if f := b.put(acme.ID, "A.xml", "text 13"); f.Version != 13 || b.space(acme.ID).Revision != revision {
		b.Errorf("the same text: %+v", f)
	}
	b.has(acme.ID, "a.xml", 4, "text 4")
	_, _, err := b.File(acme.ID, "a.xml", 3)
	b.want(err, store.ErrNoFile)
	b.must(b.RemoveFile(store.Audit{Name: "olga", Command: "FILE REMOVE"}, false, acme.ID, 0, "a.xml"))
	b.want(b.RemoveFile(audit, false, acme.ID, 0, "a.xml"), store.ErrNoFile)
	for _, version := range []int{0, 14} {
		_, _, err = b.File(acme.ID, "a.xml", version)
		b.want(err, store.ErrNoFile)
	}
	b.put(acme.ID, "x/y.xml", "")
	b.must(b.RemoveFile(audit, false, acme.ID, 0, "x/y.xml"))
	if has, err := b.HasFolder(acme.ID, "x"); has || err != nil {
		b.Error("the folder of a removed file", err)
	}
	all, err := b.FileVersions(acme.ID, "a.XML")
	b.must(err)
	if len(all) != store.MaxFileVersions || all[0].Version != 14 || !all[0].Removed || all[0].By != "olga" || all[9].Version != 5 {
		b.Errorf("%+v", all)
	}
	b.has(acme.ID, "a.xml", 13, "text 13")
	if f := b.put(acme.ID, "a.xml", "text 13"); f.Version != 15 {
		b.Errorf("after a removal: %+v", f)
	}
	if s := b.space(acme.ID); s.Files != 1 {
		b.Errorf("%+v", s)
	}
}

// Old versions make room, oldest first; present files don't. No version of a name is
// used again.
func spaceOfFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	_, err := b.PutFile(audit, false, acme.ID, 0, "a.xml", make([]byte, store.MaxFileSize+1))
	b.want(err, store.ErrFileSize)
	whole := func(i int) string { return strings.Repeat(string(rune('a'+i)), store.MaxFileSize) }
	const most = store.DefaultFileSpace / store.MaxFileSize
	b.put(acme.ID, "gone.xml", whole(20))
	b.must(b.RemoveFile(audit, false, acme.ID, 0, "gone.xml"))
	b.put(acme.ID, "f0.xml", whole(21))
	for i := range most - 2 {
		b.put(acme.ID, store.FileName(fmt.Sprintf("f%d.xml", i)), whole(i))
	}
	b.has(acme.ID, "gone.xml", 1, whole(20))
	b.put(acme.ID, "f14.xml", whole(14))
	_, err = b.FileVersions(acme.ID, "gone.xml")
	b.want(err, store.ErrNoFile)
	b.has(acme.ID, "f0.xml", 1, whole(21))
	b.put(acme.ID, "f15.xml", whole(15))
	_, _, err = b.File(acme.ID, "f0.xml", 1)
	b.want(err, store.ErrNoFile)
	before := b.space(acme.ID)
	_, err = b.PutFile(audit, false, acme.ID, 0, "f16.xml", []byte("x"))
	b.want(err, store.ErrFileSpace)
	if s := b.space(acme.ID); s != before || s.Bytes != store.DefaultFileSpace {
		b.Errorf("%+v, want %+v", s, before)
	}
	b.put(acme.ID, "f0.xml", "smaller") // without its earlier version
	if f := b.put(acme.ID, "gone.xml", "again"); f.Version <= 2 {
		b.Errorf("version %d is used again", f.Version)
	}
}

// An account can have so many files, and not many versions without a text.
func countsOfFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	const atOnce = 50
	for i := range store.DefaultFileCount / atOnce {
		var done sync.WaitGroup
		for j := range atOnce { // so that a backend can store several together
			done.Go(func() {
				if _, err := b.PutFile(store.Audit{Name: "acme", Command: "FILE PUT"}, false, acme.ID, 0, store.FileName(fmt.Sprint("f", i*atOnce+j)), nil); err != nil {
					b.Error(err)
				}
			})
		}
		done.Wait()
	}
	_, err := b.PutFile(audit, false, acme.ID, 0, "more", nil)
	b.want(err, store.ErrTooManyFiles)
	b.put(acme.ID, "f0", "changed")
	for range 3 {
		b.must(b.RemoveFile(audit, false, acme.ID, 0, "f1"))
		b.put(acme.ID, "f1", "")
	}
	b.must(b.RemoveFile(audit, false, acme.ID, 0, "f1"))
	b.put(acme.ID, "more", "")
	if s := b.space(acme.ID); s.Files != store.DefaultFileCount {
		b.Errorf("%+v", s)
	}
}

// A change is refused if others came first. A dry run changes nothing.
func revisionsOfFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	first := b.space(acme.ID).Revision
	before := b.state()
	dry, err := b.PutFile(audit, true, acme.ID, first, "a.xml", []byte("one"))
	b.must(err)
	if s := b.space(acme.ID); dry.Version != 1 || s.Revision != first || len(b.state().History) != len(before.History) {
		b.Errorf("a dry run: %+v, %+v", dry, s)
	}
	_, err = b.PutFile(audit, false, acme.ID, first, "a.xml", []byte("one"))
	b.must(err)
	_, err = b.PutFile(audit, false, acme.ID, first, "b.xml", []byte("one"))
	b.want(err, store.ErrFilesChanged)
	b.want(b.RemoveFile(audit, false, acme.ID, first, "a.xml"), store.ErrFilesChanged)
	now := b.space(acme.ID).Revision
	b.must(b.RemoveFile(audit, true, acme.ID, now, "a.xml"))
	b.has(acme.ID, "a.xml", 0, "one")
	b.must(b.RemoveFile(audit, false, acme.ID, now, "a.xml"))
}

// Files uploaded at the same time are all whole, and all versions.
func racingFiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	var uploads sync.WaitGroup
	for i := range store.MaxFileVersions {
		uploads.Go(func() {
			b.put(acme.ID, "a.xml", strings.Repeat(fmt.Sprint(i), 50_000))
		})
	}
	uploads.Wait()
	seen := map[byte]bool{}
	for i := range store.MaxFileVersions {
		_, text, err := b.File(acme.ID, "a.xml", i+1)
		b.must(err)
		if len(text) != 50_000 || bytes.Count(text, text[:1]) != 50_000 {
			b.Errorf("version %d is torn", i+1)
		}
		seen[text[0]] = true
	}
	if len(seen) != store.MaxFileVersions {
		b.Errorf("%d texts", len(seen))
	}
}
