package upload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const url = "https://files.example.com/"

// A desk uploads to a real store, for an account with two phones.
type desk struct {
	*testing.T
	*Uploads
	db      *bolt.DB
	account store.Account
	audit   store.Audit
}

var (
	phone1 = macaddr.MustParse("000413231231")
	phone2 = macaddr.MustParse("000413231232")
)

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	account, err := db.AddAccount(store.Audit{Command: "ACCOUNT ADD"}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.example.com/")})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, db: db, account: account, audit: store.Audit{Actor: account.ID, Name: account.Name, Command: "FILE PUT"}}
	_, err = db.Change(store.Batch{Audit: d.audit, Rule: store.RuleRegister, Owner: account.ID, Changes: []store.Change{{MAC: phone1}, {MAC: phone2}}})
	if err != nil {
		t.Fatal(err)
	}
	names, err := store.NewPublicNames("redirect.example.com")
	if err != nil {
		t.Fatal(err)
	}
	d.Uploads = New(Config{Store: db, PublicNames: names, URL: func(token string) string { return url + token + "/" }})
	return d
}

func (d *desk) put(force bool, name, text string) ([]check.Finding, error) {
	_, findings, err := d.Put(d.Context(), d.audit, false, force, d.account, store.FileName(name), []byte(text))
	return findings, err
}

// takes puts a file, which must be stored, and returns its findings as lines.
func (d *desk) takes(name, text string) string {
	d.Helper()
	findings, err := d.put(false, name, text)
	if err != nil {
		d.Fatalf("%s: %v %v", name, err, findings)
	}
	_, stored, err := d.db.File(d.account.ID, store.FileName(name), 0)
	if err != nil || string(stored) != text {
		d.Fatalf("%s: stored %q, %v", name, stored, err)
	}
	return lines(findings)
}

// refuses puts a file, which must change nothing, and checks what is found.
func (d *desk) refuses(name, text, want string) {
	d.Helper()
	before, err := d.db.FileSpace(d.account.ID)
	if err != nil {
		d.Fatal(err)
	}
	findings, err := d.put(false, name, text)
	if !errors.Is(err, ErrRefused) || !strings.Contains(lines(findings), want) {
		d.Errorf("%s %q: %v, %v, want %q", name, text, err, findings, want)
	}
	if after, err := d.db.FileSpace(d.account.ID); err != nil || after != before {
		d.Errorf("%s %q: %+v became %+v", name, text, before, after)
	}
}

func lines(all []check.Finding) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

const (
	header = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	rows   = "mac,name\n000413231231,Anna\n000413231232,Bruno\n"
	name   = header + "<phone-settings>\n<user_realname idx=\"1\" perm=\"$\">${name}</user_realname>\n</phone-settings>\n"
)

func TestPut(t *testing.T) {
	d := newDesk(t)
	if found := d.takes("phones.csv", rows); found != "" {
		t.Error(found)
	}
	if found := d.takes("360/name.xml", name); found != "" {
		t.Error(found)
	}
	if found := d.takes("360/000413231231.xml", name); found != "" {
		t.Error(found)
	}
	if found := d.takes("plain.htm", "<html><pre>\nlanguage!: English\n</pre></html>\n"); found != "" {
		t.Error(found)
	}
	if _, err := d.put(false, "large.xml", strings.Repeat(" ", store.MaxFileSize+1)); !errors.Is(err, store.ErrFileSize) {
		t.Errorf("%v, want ErrFileSize", err)
	}
}

func TestRefusedTemplates(t *testing.T) {
	d := newDesk(t)
	d.refuses("name.xml", name, "without phones.csv")
	d.takes("phones.csv", rows)
	d.refuses("name.xml", strings.ReplaceAll(name, "${name}", "${room}"), "no column room")
	d.refuses("name.xml", strings.ReplaceAll(name, "${name}", "${Name}"), "name.xml:3:")
	d.refuses("000413231239.xml", name, "no row for 000413231239")
	d.refuses("a.xml", strings.Replace(name, "utf-8", "iso-8859-1", 1), "UTF-8")
	d.refuses("a.xml", header+"<phone-settings><a>", "error")
	d.refuses("a.xml", header+"<phone-settings><setting_server perm=\"$\">http://redirect.example.com/</setting_server></phone-settings>", "error")
	d.refuses("a.xml", strings.ReplaceAll(name, "\"1\"", "\"${name}\""), "(for 000413231231 and 1 more)")
}

// A new phones.csv is checked with all files that are filled in from it.
func TestPhonesFile(t *testing.T) {
	d := newDesk(t)
	d.takes("phones.csv", rows)
	d.takes("name.htm", "user_realname1!: ${name}\n")
	d.takes("000413231232.htm", "user_realname1!: ${name}\n")
	d.refuses("phones.csv", "mac,room\n000413231231,1\n000413231232,2\n", "no column name")
	d.refuses("phones.csv", "mac,name\n000413231231,Anna\n", "no row for 000413231232")
	d.refuses("PHONES.csv", "name\nAnna\n", "no column mac")
	if found := d.takes("phones.csv", "mac,name\n000413231232,Bruno\n"); !strings.Contains(found, "warning: 1 registered phone has no row") || !strings.Contains(found, "000413231231") {
		t.Errorf("%q", found)
	}
	findings, err := d.Remove(t.Context(), d.audit, false, d.account, "phones.csv")
	if !errors.Is(err, ErrRefused) || len(findings) != 2 {
		t.Errorf("%v, %v, want two files that need it", findings, err)
	}
	for _, name := range []store.FileName{"name.htm", "000413231232.htm", "phones.csv"} {
		if findings, err := d.Remove(t.Context(), d.audit, false, d.account, name); err != nil {
			t.Errorf("%s: %v, %v", name, findings, err)
		}
	}
}

func TestForce(t *testing.T) {
	d := newDesk(t)
	for text, passes := range map[string]bool{
		header + `<phone-settings><user_realname idx="13" perm="$">a</user_realname></phone-settings>`:                      true,
		header + `<phone-settings><language perm="x">a</language></phone-settings>`:                                         true,
		header + `<phone-settings><setting_server perm="$">http://provisioning.snom.com/</setting_server></phone-settings>`: false,
		header + `<phone-settings>`: false,
		"language!: ${":             false,
	} {
		if _, err := d.put(false, "a.xml", text); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: %v, want ErrRefused", text, err)
		}
		if _, err := d.put(true, "a.xml", text); (err == nil) != passes {
			t.Errorf("%q with force: %v", text, err)
		}
	}
}

func TestLinks(t *testing.T) {
	d := newDesk(t)
	container := func(names ...string) string {
		var b strings.Builder
		b.WriteString(header + "<setting-files>\n")
		for _, n := range names {
			fmt.Fprintf(&b, "<file url=\"${files}%s\" />\n", n)
		}
		return b.String() + "</setting-files>\n"
	}
	d.takes("phones.csv", rows)
	d.takes("keys.xml", name)
	d.takes("360/000413231231.xml", name)
	found := d.takes("snom360.htm", container("keys-{mac}.xml", "360/{mac}.xml", "general.xml", "{mac}.xml"))
	if strings.Count(found, "\n") != 2 || !strings.Contains(found, "general.xml is not here yet") || !strings.Contains(found, ":6:") {
		t.Errorf("%q", found)
	}
	d.refuses("snom320.htm", container("snom320.htm"), "leads back")
	d.takes("b.xml", container("c.xml"))
	d.refuses("c.xml", container("B.xml"), "leads back")
}

// What would take too long is refused, and does not take long.
func TestWork(t *testing.T) {
	d := newDesk(t)
	var csv strings.Builder
	csv.WriteString("mac,name\n")
	for n := range 10_000 {
		fmt.Fprintf(&csv, "000413%06X,Anna\n", n)
	}
	d.takes("phones.csv", csv.String())
	text := header + "<phone-settings>\n" + strings.Repeat("<language perm=\"$\">${name}</language>\n", 1000) + "</phone-settings>\n"
	d.refuses("a.xml", text, "too long")
}

// An upload that waits for another's check ends with its context.
func TestTurn(t *testing.T) {
	d := newDesk(t)
	d.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.Put(ctx, d.audit, false, false, d.account, "a.htm", []byte("language!: English\n")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// A meddler changes the files between the check and the change.
type meddler struct {
	*bolt.DB
	meddle func()
}

func (m *meddler) PutFile(audit store.Audit, dryRun bool, account store.AccountID, revision uint64, name store.FileName, text []byte) (store.File, error) {
	if f := m.meddle; f != nil {
		m.meddle = nil
		f()
	}
	return m.DB.PutFile(audit, dryRun, account, revision, name, text)
}

// A file is stored only with the others that it was checked with.
func TestChangedMeanwhile(t *testing.T) {
	d := newDesk(t)
	d.takes("phones.csv", rows)
	m := &meddler{DB: d.db}
	d.config.Store = m
	m.meddle = func() {
		if _, err := d.db.PutFile(d.audit, false, d.account.ID, 0, "phones.csv", []byte("mac,room\n000413231231,1\n")); err != nil {
			t.Error(err)
		}
	}
	d.refusesMeanwhile("name.xml", name, "no column name")
	m.meddle = func() {
		if _, err := d.db.PutFile(d.audit, false, d.account.ID, 0, "phones.csv", []byte(rows)); err != nil {
			t.Error(err)
		}
	}
	d.takes("general.htm", "language!: English\n")
}

func (d *desk) refusesMeanwhile(name, text, want string) {
	d.Helper()
	findings, err := d.put(false, name, text)
	if !errors.Is(err, ErrRefused) || !strings.Contains(lines(findings), want) {
		d.Errorf("%v, %v, want %q", err, findings, want)
	}
	if _, _, err := d.db.File(d.account.ID, store.FileName(name), 0); !errors.Is(err, store.ErrNoFile) {
		d.Errorf("%v, want ErrNoFile", err)
	}
}

func BenchmarkPut(b *testing.B) {
	db, err := bolt.Open(b.TempDir(), bolt.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	account, err := db.AddAccount(store.Audit{Command: "ACCOUNT ADD"}, false, store.Account{Name: "acme"})
	if err != nil {
		b.Fatal(err)
	}
	u := New(Config{Store: db, URL: func(token string) string { return url + token + "/" }})
	text := []byte(header + "<phone-settings>\n" + strings.Repeat("<language perm=\"$\">English</language>\n", 500) + "</phone-settings>\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := u.Put(b.Context(), store.Audit{Actor: account.ID}, true, true, account, "a.xml", text); err != nil {
			b.Fatal(err)
		}
	}
}
