package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

const pageSize = 4096

// fillFolder makes a database with some hundred phones, of which every other has a URL
// of its own, and returns its content and the URLs.
func fillFolder(t *testing.T, folder string) (content []byte, urls map[macaddr.Addr]string) {
	t.Helper()
	db := open(t, folder)
	a := addAccount(t, db, "acme")
	urls = map[macaddr.Addr]string{}
	b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER -"}, Rule: store.RuleRegister, Owner: a.ID}
	for i := range 600 {
		c := store.Change{MAC: macaddr.MustParse(fmt.Sprintf("000413%06X", i*7))}
		if i%2 == 0 {
			c.URL = store.RestoreURL(fmt.Sprintf("http://prov%d.acme.example/{mac}", i))
		}
		b.Changes = append(b.Changes, c)
		if urls[c.MAC] = c.URL.String(); c.URL.IsZero() {
			urls[c.MAC] = a.SettingServer.String()
		}
	}
	mustChange(t, db, b)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(folder, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return content, urls
}

// damages are what can happen to a page.
var damages = map[string]func(page []byte){
	"zeros": func(page []byte) { clear(page) },
	"garbage": func(page []byte) {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range page {
			page[i] = byte(random.Uint32())
		}
	},
	"another page": func(page []byte) { page[0] ^= 1 },
}

// ask looks all phones up, and fails for any wrong answer. It returns how many look-ups
// found the database damaged.
func ask(t *testing.T, what string, db *DB, urls map[macaddr.Addr]string) (damaged int) {
	t.Helper()
	for mac, url := range urls {
		switch r, err := db.Redirection(mac); {
		case errors.Is(err, store.ErrDamaged):
			damaged++
		case err != nil:
			t.Fatalf("%s: %v: %v", what, mac, err)
		case r.URL.String() != url:
			t.Fatalf("%s: %v is redirected to %v, want %v", what, mac, r.URL, url)
		}
	}
	return damaged
}

// A page that is wrong when the database is opened is noticed, or is not in use.
func TestDamagedPageAtStart(t *testing.T) {
	folder := t.TempDir()
	content, urls := fillFolder(t, folder)
	file := filepath.Join(folder, fileName)
	refused := 0
	for page := 0; page < len(content)/pageSize; page++ {
		for what, damage := range damages {
			b := bytes.Clone(content)
			damage(b[page*pageSize:][:pageSize])
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := Open(folder, Config{})
			if err != nil {
				if !errors.Is(err, store.ErrDamaged) || strings.Contains(err.Error(), "\n") {
					t.Errorf("page %d, %s: %v", page, what, err)
				}
				refused++
				continue
			}
			if n := ask(t, what, db, urls); n > 0 {
				t.Errorf("page %d, %s: %d look-ups failed", page, what, n)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if refused < 30 {
		t.Errorf("only %d were refused", refused)
	}
}

// A file cut anywhere is refused, unless nothing in use is missing.
func TestCutAtStart(t *testing.T) {
	folder := t.TempDir()
	content, urls := fillFolder(t, folder)
	file := filepath.Join(folder, fileName)
	for size := len(content) - 1; size > 0; size -= 2777 {
		if err := os.WriteFile(file, content[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(folder, Config{})
		if err == nil {
			if n := ask(t, "cut", db, urls); n > 0 {
				t.Errorf("cut to %d bytes: %d look-ups failed", size, n)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("cut to %d bytes: %v", size, err)
		}
	}
}

// A page that becomes wrong while the database is open, and a file that shrinks then,
// give errors instead of wrong answers, and end neither the program nor a look-up
// that needs none of it. Then nothing is written any more.
func TestDamagedWhileOpen(t *testing.T) {
	content, urls := fillFolder(t, t.TempDir())
	try := func(what string, damage func(f *os.File) error) (found bool) {
		folder := t.TempDir()
		file := filepath.Join(folder, fileName)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		db := open(t, folder)
		defer db.Close()
		a, err := db.AccountNamed("acme")
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(file, os.O_RDWR, 0)
		if err == nil {
			err = errors.Join(damage(f), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		found = ask(t, what, db, urls) > 0
		_, err = db.Change(store.Batch{Audit: store.Audit{Actor: a.ID}, Rule: store.RuleDeregister, Changes: []store.Change{{MAC: macaddr.MustParse("000413000007")}}})
		if found && !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: a change of a damaged database: %v", what, err)
		}
		return found
	}
	found := 0
	for page := range len(content) / pageSize {
		for what, damage := range damages {
			what = fmt.Sprintf("page %d, %s", page, what)
			if try(what, func(f *os.File) error {
				b := bytes.Clone(content[page*pageSize:][:pageSize])
				damage(b)
				_, err := f.WriteAt(b, int64(page)*pageSize)
				return err
			}) {
				found++
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d were found", found)
	}
	for size := range len(content) / pageSize {
		try(fmt.Sprint("cut to page ", size), func(f *os.File) error { return f.Truncate(int64(size) * pageSize) })
	}
	if !try("empty", func(f *os.File) error { return f.Truncate(0) }) {
		t.Error("an empty file was not found")
	}
}

// Contacts that are damaged, when their file is opened or later, are set aside.
func TestDamagedContactsFile(t *testing.T) {
	folder := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	c, err := OpenContacts(folder, log)
	if err != nil {
		t.Fatal(err)
	}
	var all []store.Contact
	for mac := range 300 {
		contact := testContact
		contact.MAC = macaddr.MustParse(fmt.Sprintf("000413%06X", mac))
		all = append(all, contact)
	}
	if err := errors.Join(c.PutContacts(all), c.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, contactsName)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	use := func(what string, c *Contacts) {
		for _, contact := range all {
			if got, err := c.Contact(contact.MAC); err == nil && got != contact || err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("%s: %v: %+v, %v", what, contact.MAC, got, err)
			}
		}
		if _, err := c.Phones(macaddr.Addr{}, 1000); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if err := errors.Join(c.PutContacts(all), c.PutContacts(all)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got, err := c.Contact(testContact.MAC); err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for page := range len(content) / pageSize {
		for what, damage := range damages {
			what = fmt.Sprintf("page %d, %s", page, what)
			b := bytes.Clone(content)
			damage(b[page*pageSize:][:pageSize])
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := OpenContacts(folder, log)
			if err != nil {
				t.Fatal(what, err)
			}
			use(what+" at the start", c)
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if c, err = OpenContacts(folder, log); err != nil {
				t.Fatal(what, err)
			}
			f, err := os.OpenFile(file, os.O_RDWR, 0)
			if err == nil {
				_, err = f.WriteAt(b[page*pageSize:][:pageSize], int64(page)*pageSize)
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
			use(what+" while open", c)
		}
	}
}

// A defect of our own is no damage: its panic goes on.
func TestPanicIsNoDamage(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	for name, transaction := range map[string]func(func(*bbolt.Tx) error) error{"view": db.b.View, "update": db.b.Update} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "out of range") {
					t.Errorf("%s: %v", name, r)
				}
			}()
			_ = transaction(func(*bbolt.Tx) error { _ = make([]int, 1)[len(db.b.name)]; return nil })
		}()
	}
	addAccount(t, db, "acme") // no lock is left behind
}

// Reads go on while the file grows and is mapped again: bbolt waits for those that have
// begun, and lets others begin only then.
func TestReadsWhileGrowing(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a := addAccount(t, db, "acme")
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := db.Account(a.ID); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 20 {
		err := db.b.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(fmt.Appendf(nil, "%d", i), make([]byte, 1<<17))
		})
		if err != nil {
			t.Error(err)
		}
	}
	close(stop)
	readers.Wait()
}

// Pages that bring the same phones again and again, as in a circle of pages, are an error
// instead of a list without end.
func TestPhonesOutOfOrder(t *testing.T) {
	folder := t.TempDir()
	content, _ := fillFolder(t, folder)
	db := open(t, folder)
	defer db.Close()
	var leaves []int // pages of phones
	for at := 2 * pageSize; at < len(content); at += pageSize {
		page := content[at : at+pageSize]
		isLeaf, n := binary.NativeEndian.Uint16(page[8:]) == 2, binary.NativeEndian.Uint16(page[10:])
		if isLeaf && n > 1 && bytes.Contains(page, []byte("http://prov")) && binary.NativeEndian.Uint32(page[16+8:]) == 6 {
			leaves = append(leaves, at)
		}
	}
	if len(leaves) < 2 {
		t.Fatalf("%d pages of phones", len(leaves))
	}
	f, err := os.OpenFile(filepath.Join(folder, fileName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, at := range leaves { // all with the phones of the first, but with their own number
		page := append(slices.Clone(content[at:at+8]), content[leaves[0]+8:leaves[0]+pageSize]...)
		if _, err := f.WriteAt(page, int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{10, 1000} {
		var after macaddr.Addr
		for range 1000 {
			page, err := db.Phones(0, after, n)
			if err != nil {
				if !errors.Is(err, store.ErrDamaged) {
					t.Error(err)
				}
				break
			}
			if len(page) == 0 {
				t.Error("no error")
				break
			}
			after = page[len(page)-1].MAC
		}
	}
}
