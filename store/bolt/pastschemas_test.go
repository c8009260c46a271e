package bolt

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// stored writes a database of testdata to a data folder of its own and returns its path.
func stored(t testing.TB, schema int) string {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("testdata/schema-%d.db.gz", schema))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	file := DatabaseFile(t.TempDir())
	if err := errors.Join(err, os.WriteFile(file, content, 0o600)); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// contents returns all that a database of testdata has, as text.
func contents(t testing.TB, db *DB) string {
	t.Helper()
	var b strings.Builder
	print := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", text)
	}
	accounts, err := db.Accounts()
	for _, a := range accounts {
		usage, errUsage := db.Usage(a.ID)
		jobs, errJobs := db.Jobs(a.ID)
		err = errors.Join(err, errUsage, errJobs)
		fmt.Fprintf(&b, "account %d server %q, %d phones, %d on hold, %d left: ", a.ID, a.SettingServer, usage.Phones, usage.Held, usage.Left())
		print(a)
		for _, j := range jobs {
			fmt.Fprintf(&b, "job %d: ", j.ID)
			print(j)
		}
		printFiles(t, &b, db, a.ID)
		keys, errKeys := db.APIKeys(a.ID)
		profiles, errProfiles := db.ProvisioningProfiles(a.ID)
		err = errors.Join(err, errKeys, errProfiles)
		for _, k := range keys {
			fmt.Fprintf(&b, "API key %s of %d: ", k.ID, a.ID)
			print(k)
		}
		for _, p := range profiles {
			fmt.Fprintf(&b, "profile of %d: ", a.ID)
			print(p)
		}
	}
	phones, errPhones := db.Phones(0, macaddr.Addr{}, 100)
	for _, p := range phones {
		r, errServer := db.Redirection(p.MAC)
		if errors.Is(errServer, store.ErrPhonesDisabled) {
			errServer = nil
		}
		err = errors.Join(err, errServer)
		fmt.Fprintf(&b, "phone %v of %d, %s, redirected to %q%s\n", p.MAC, p.Owner, p.Registered.Format(time.DateTime), r.URL, notedAs(p))
	}
	deregistered := macaddr.Range{First: macaddr.MustParse("000413300010"), Last: macaddr.MustParse("00041330001F")}
	for _, mac := range append(slices.Collect(deregistered.All()), macaddr.MustParse("000413240001"), macaddr.MustParse("0004132202E5")) {
		if p, errHold := db.Phone(mac); errHold == nil && p.Held() {
			fmt.Fprintf(&b, "phone %v on hold for %d until %s%s\n", p.MAC, p.Owner, p.HeldUntil.Format(time.DateTime), notedAs(p))
		}
	}
	entries, errEntries := db.History(0, macaddr.Addr{}, store.Mark{}, 100)
	for _, e := range entries {
		fmt.Fprintf(&b, "entry %s %v %v other %q away %v times %d: ", e.Audit.Begun.Format(time.DateTime), e.Name, e.MACs, e.Other, e.Away, e.Times)
		print(e.Audit)
	}
	for _, a := range accounts {
		if u, errUndo := db.Undo(store.Audit{Actor: a.ID}, true); !errors.Is(errUndo, store.ErrNothingToUndo) {
			fmt.Fprintf(&b, "to undo of %d, %v: ", a.ID, errUndo)
			print(u)
		}
	}
	claims, errClaims := db.Claims()
	for _, c := range claims {
		fmt.Fprint(&b, "claim: ")
		print(c)
	}
	if err := errors.Join(err, errPhones, errEntries, errClaims); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// notedAs returns the note of a phone, and the URL of one on hold, if it has any.
func notedAs(p store.Phone) (words string) {
	if p.Note != "" {
		words = fmt.Sprintf(", noted as %q", p.Note)
	}
	if p.Held() && !p.URL.IsZero() {
		words += fmt.Sprintf(", with %q", p.URL)
	}
	return words
}

// printFiles prints all that an account has of files.
func printFiles(t testing.TB, b *strings.Builder, db *DB, id store.AccountID) {
	t.Helper()
	s, err := db.FileSpace(id)
	if err != nil {
		t.Fatal(err)
	}
	if s.Token == "" && s.Files == 0 {
		return
	}
	tokens := 0
	for _, token := range []string{s.Token, s.OldToken} {
		if found, err := db.AccountOfToken(token); err == nil && found == id {
			tokens++
		}
	}
	fmt.Fprintf(b, "files of %d: %d in %d bytes, revision %d, %d tokens\n", id, s.Files, s.Bytes, s.Revision, tokens)
	for _, name := range []store.FileName{"general.xml", "phones.csv", "360/gone.xml"} {
		versions, err := db.FileVersions(id, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range versions {
			_, text, err := db.File(id, name, v.Version)
			if err != nil && !v.Removed {
				t.Fatal(err)
			}
			fmt.Fprintf(b, "file %+v: %q\n", v, text)
		}
	}
}

// A database that the program of any past schema has written is copied, converted, and
// then has all that it had.
func TestPastSchemas(t *testing.T) {
	counts := func(schema, phones, holds, entries, claims, jobs int) Report {
		return Report{Schema: schema, Accounts: 4, Phones: phones, Holds: holds, Entries: entries, Claims: claims, Jobs: jobs}
	}
	past := []Report{counts(1, 4, 0, 0, 0, 0), counts(2, 19, 17, 23, 0, 1), counts(3, 19, 16, 25, 0, 1), counts(4, 19, 16, 33, 2, 1), counts(5, 19, 16, 39, 2, 1), counts(6, 19, 16, 40, 2, 1), counts(7, 19, 16, 44, 2, 1), counts(8, 18, 17, 47, 2, 1)}
	past[4].Files, past[4].Versions = 2, 5
	past[5].Files, past[5].Versions = 2, 6
	past[6].Files, past[6].Versions, past[6].APIKeys, past[6].Profiles = 2, 6, 1, 1
	past[7].Files, past[7].Versions, past[7].APIKeys, past[7].Profiles = 2, 6, 1, 1
	if len(past) != len(migrations)+1 {
		t.Errorf("databases of %d schemas, and there are %d", len(past), len(migrations)+1)
	}
	has := func(r, want Report) bool {
		r.Checksum = "" // of what the golden files show
		return r.same(want)
	}
	for _, want := range past {
		t.Run(fmt.Sprint(want.Schema), func(t *testing.T) {
			file := stored(t, want.Schema)
			if r := checkFinds(t, file); !has(r, want) {
				t.Errorf("before: %+v, want %+v", r, want)
			}
			db := open(t, filepath.Dir(file))
			got := contents(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if golden := string(read(t, fmt.Sprintf("testdata/schema-%d.txt", want.Schema))); got != golden {
				t.Errorf("contents:\n%s\nwant:\n%s", got, golden)
			}
			copied := fmt.Sprintf("%s.schema-%d", file, want.Schema)
			if want.Schema > len(migrations) {
				if _, err := os.Stat(copied); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("a database of the current schema was copied: %v", err)
				}
			} else if r := checkFinds(t, copied); !has(r, want) {
				t.Errorf("the copy has %+v, want %+v", r, want)
			}
			want.Schema = len(migrations) + 1
			if r := checkFinds(t, file); !has(r, want) {
				t.Errorf("after: %+v, want %+v", r, want)
			}
		})
	}
}

// A newer database is refused, with what to do, and stays as it is.
func TestNewerSchema(t *testing.T) {
	file := stored(t, 4)
	current := len(migrations) + 1
	alter(t, file, func(tx *bbolt.Tx) error { return putSchema(tx, current+1) })
	before := read(t, file)
	_, err := Open(filepath.Dir(file), Config{})
	want := fmt.Sprintf("written by a newer snomredirect (schema %d; this version reads up to %d): run that version", current+1, current)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
	if !bytes.Equal(read(t, file), before) {
		t.Error("the file was changed")
	}
	checkAlone(t, file)
}

// checkAlone checks that nothing else is in the folder of a file.
func checkAlone(t *testing.T, file string) {
	t.Helper()
	if all, err := os.ReadDir(filepath.Dir(file)); err != nil || len(all) != 1 {
		t.Errorf("in the folder: %v, %v", all, err)
	}
}

// A migration that fails or is interrupted leaves the old database as it was.
func TestInterruptedMigration(t *testing.T) {
	for schema := 1; schema <= len(migrations); schema++ {
		for what, prevent := range map[string]func(copied string) error{
			"no copy":          func(copied string) error { return os.Mkdir(copied, 0o700) },
			"a damaged record": func(string) error { return nil },
		} {
			if what == "a damaged record" && schema >= 4 { // from which on records are not read
				continue
			}
			t.Run(fmt.Sprint(schema, " ", what), func(t *testing.T) {
				file := stored(t, schema)
				if what == "a damaged record" {
					alter(t, file, func(tx *bbolt.Tx) error { return tx.Bucket(bucketPhones).Put([]byte{255}, []byte{0}) })
				}
				before := read(t, file)
				if err := prevent(fmt.Sprintf("%s.schema-%d", file, schema)); err != nil {
					t.Fatal(err)
				}
				if db, err := Open(filepath.Dir(file), Config{}); err == nil {
					t.Error("converted", db.Close())
				} else {
					t.Log(err)
				}
				if !bytes.Equal(read(t, file), before) {
					t.Error("the file was changed")
				}
			})
		}
		t.Run(fmt.Sprint(schema, " interrupted while copying"), func(t *testing.T) {
			file := stored(t, schema)
			copied := fmt.Sprintf("%s.schema-%d", file, schema)
			if err := os.WriteFile(copied, read(t, file)[:5000], 0o600); err != nil {
				t.Fatal(err)
			}
			if err := open(t, filepath.Dir(file)).Close(); err != nil {
				t.Fatal(err)
			}
			if r := checkFinds(t, copied); r.Schema != schema {
				t.Errorf("the copy has schema %d", r.Schema)
			}
			checkFinds(t, file)
		})
	}
}

// A conversion is one transaction, whose last write is that of a meta page: without it,
// everything is as it was.
func TestMigrationWithoutItsLastWrite(t *testing.T) {
	for schema := 1; schema <= len(migrations); schema++ {
		name := stored(t, schema)
		before, want := read(t, name), checkFinds(t, name)
		f, err := openFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(prepare(f, migrations), f.Close()); err != nil {
			t.Fatal(err)
		}
		if r := checkFinds(t, name); r.Schema != len(migrations)+1 {
			t.Errorf("schema %d, want %d", r.Schema, len(migrations)+1)
		}
		after := read(t, name)
		copy(after, before[:2*pageSize])
		if bytes.Equal(after, before) {
			t.Error("the conversion wrote nothing else")
		}
		if err := os.WriteFile(name, after, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := checkFinds(t, name); !r.same(want) {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
}
