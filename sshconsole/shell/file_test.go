package shell

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const filesURL = `https://files\.example/[a-z2-7]{26}/`

// withFiles gives the house files that are stored unless they contain "bad" and are
// not forced, or "locks".
func withFiles(h *house) *bolt.DB {
	db := h.registry.(*bolt.DB)
	check := func(force bool, name store.FileName, text string) ([]findings.Finding, error) {
		found := []findings.Finding{{File: string(name), Line: 1, Column: 2, Severity: "warning", Rule: "x", Text: "odd \x1b[2J"}}
		switch {
		case strings.Contains(text, "locks"), strings.Contains(text, "bad") && !force:
			return []findings.Finding{{File: string(name), Severity: "error", Rule: "x", Text: "wrong"}}, files.ErrRefused
		case strings.Contains(text, "odd"):
			return found, nil
		}
		return nil, nil
	}
	h.files = &files.Config{
		IsTemplate: func(text []byte) bool {
			return bytes.Contains(bytes.ReplaceAll(text, []byte("$${"), nil), []byte("${name}"))
		},
		Fill: func(text, phones []byte, phone macaddr.Addr, url store.URL) ([]byte, error) {
			if !bytes.Contains(phones, []byte(phone.String())) {
				return nil, files.ErrNoRow
			}
			return bytes.ReplaceAll(text, []byte("${name}"), []byte("Ann at "+url.String())), nil
		},
		Store: db,
		URL:   func(token string) store.URL { return store.RestoreURL("https://files.example/" + token + "/") },
		Put: func(ctx context.Context, audit store.Audit, dryRun, force bool, a store.Account, name store.FileName, text []byte) (store.File, []findings.Finding, error) {
			found, err := check(force, name, string(text))
			if err != nil {
				return store.File{}, found, err
			}
			f, err := db.PutFile(audit, dryRun, a.ID, 0, name, text)
			return f, found, err
		},
		Remove: func(ctx context.Context, audit store.Audit, dryRun bool, a store.Account, name store.FileName) ([]findings.Finding, error) {
			if name == store.PhonesFile {
				return []findings.Finding{{File: "a.xml", Severity: "error", Text: "needs it"}}, files.ErrRefused
			}
			return nil, db.RemoveFile(audit, dryRun, a.ID, 0, name)
		},
	}
	return db
}

// put stores a file as acme.
func (h *house) put(name, text string) {
	h.Helper()
	if out, problems, status := h.at("acme", 0, "file put "+name, text); status != StatusDone || problems != "" {
		h.Fatalf("%s: %d, %q, %q", name, status, out, problems)
	}
}

// matches requires a line with input to end with a status and outputs that match.
func (h *house) matches(name store.Name, line, input string, wantStatus int, want, problems string) {
	h.Helper()
	out, stderr, status := h.at(name, 0, line, input)
	if status != wantStatus || !regexp.MustCompile("^(?:"+want+")$").MatchString(out) || !regexp.MustCompile("^(?:"+problems+")$").MatchString(stderr) {
		h.Errorf("%s: %s\nstatus %d, %q, %q; want %d, %q, %q", name, line, status, out, stderr, wantStatus, want, problems)
	}
}

// A service without files refuses the commands about them, and shows none of them.
func TestFilesWithoutTheService(t *testing.T) {
	h := newHouse(t)
	for _, line := range []string{"help", "help all", "help --json", "help server"} {
		if out, _, _ := h.at("olga", 0, line, ""); strings.Contains(out, "FILE") {
			t.Errorf("%s:\n%s", line, out)
		}
	}
	h.refuses("olga", "help file get", StatusRefused, "FILE GET: this service keeps no setting files")
	if line, _, all := New(Config{}).Complete("fi", 2, h.account("olga")); line != "fi" || len(all) > 0 {
		t.Errorf("%q, %q", line, all)
	}
	for _, c := range commands {
		if strings.HasPrefix(c.usage, "FILE ") || strings.HasPrefix(c.usage, "SERVER FILES") {
			h.refuses("olga", c.example, StatusRefused, c.words()+": this service keeps no setting files, because it runs without --files.")
		}
	}
}

func TestFilePut(t *testing.T) {
	h := newHouse(t)
	db := withFiles(h)
	text := "\x00\xff\r\n<settings/>"
	h.matches("acme", "file put A.htm --dry-run", text, StatusDone, `Dry run: A\.htm would be stored as version 1\.\n`, "")
	if s, err := db.FileSpace(h.account("acme").ID); err != nil || s.Files != 0 || s.Token != "" {
		t.Errorf("after a dry run: %+v, %v", s, err)
	}
	h.matches("acme", "file put A.htm", text, StatusDone, `A\.htm stored as version 1: `+filesURL+`A\.htm\n`, "")
	h.matches("acme", "file put A.htm", text, StatusDone, `A\.htm has this text already, as version 1\.\n`, "")
	h.gives("acme", "file get a.htm", "", StatusDone, text)
	h.matches("acme", "file put b/snom360.htm --json", "${name} odd", StatusDone,
		`\{"name":"b/snom360\.htm","version":1,"at":"[^"]*Z","size":11,"sha256":"[0-9a-f]{64}","by":"acme","url":"`+filesURL+`b/snom360-\{mac\}\.htm"\}\n`,
		`\{"file":"b/snom360\.htm","line":1,"column":2,"severity":"warning","rule":"x","text":"odd [^\x1b]*"\}\n`)
	h.matches("acme", "file put phones.csv", "mac\n", StatusDone, `phones\.csv stored as version 1\.\n`, "")

	h.matches("acme", "file put A.htm", "bad", StatusRefused, "", `A\.htm: error: wrong\nA\.htm has 1 error, so nothing was stored; --force accepts all but.*\n`)
	h.matches("acme", "file put A.htm --force", "locks", StatusRefused, "", `A\.htm: error: wrong\nA\.htm has 1 error, so nothing was stored; --force doesn't accept these\.\n`)
	h.matches("acme", "file put A.htm --force", "bad", StatusDone, `A\.htm stored as version 2: .*\n`, "")
	h.matches("acme", "file put ../x", "x", StatusMisunderstood, "", `"\.\./x" is not a file's name: .*\n`)
	h.matches("acme", "file put empty", "", StatusMisunderstood, "", "Standard input is empty, so nothing was stored.\n")
	h.matches("acme", "file put large", strings.Repeat("x", store.MaxFileSize+1), StatusRefused, "", "large is larger than 256 KiB, so nothing was stored.\n")
	h.put("largest", strings.Repeat("x", store.MaxFileSize))
	h.matches("olga", "file put A.htm --account acme", "hers", StatusDone, `A\.htm stored as version 3: .*\n`, "")
	h.matches("acme", "file history a.htm", "", StatusDone, "version 3  4 bytes, .* UTC by an operator\nversion 2  3 bytes, .* UTC by acme\nversion 1  15 bytes, .* UTC by acme\n", "")
	h.says("bravo", "file list", "")
}

// What is cut off, or typed where a file can't be read, is not stored, and not run.
func TestFilePutOnlyWhole(t *testing.T) {
	h := newHouse(t)
	db := withFiles(h)
	h.gone = true
	h.gives("acme", "file put a.htm", "half", StatusRefused, "")
	h.gone = false
	const how = "run it without a terminal, as in: ssh <account>@<host> file put a.htm <file\n"
	for _, c := range []struct {
		width       int
		line, input string
	}{{80, "file put a.htm", "x"}, {80, "", "file put a.htm\n"}, {0, "", "file put a.htm\nregister 2e4\n"}, {0, "file put a.htm\nregister 2e4", ""}} {
		if out, problems, _ := h.at("acme", c.width, c.line, c.input); !strings.HasSuffix(problems, how) || strings.Contains(out, "registered") {
			t.Errorf("%+v: %q, %q", c, out, problems)
		}
	}
	if s, err := db.FileSpace(h.account("acme").ID); err != nil || s.Files != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestFileShow(t *testing.T) {
	h := newHouse(t)
	withFiles(h)
	h.put("snom360.htm", "one")
	h.put("snom360.htm", "${name}")
	h.put("000413231234.xml", "$${name} ${files}")
	h.matches("acme", "file list", "", StatusDone, "000413231234\\.xml  version 1  17 bytes, .* UTC by acme\nsnom360\\.htm       version 2  7 bytes, .* UTC by acme\n", "")
	h.matches("acme", "file show snom360.htm", "", StatusDone, `Name:           snom360\.htm
URL:            `+filesURL+`snom360-\{mac\}\.htm
For:            all phones of the account, each as snom360-MAC\.htm, filled in from phones\.csv
Version:        2, 7 bytes, .* UTC by acme
SHA-256:        [0-9a-f]{64}
Versions:       2 are kept
`, "")
	h.matches("acme", "file show 000413231234.xml", "", StatusDone, `(?s).*URL: +`+filesURL+`000413231234\.xml\nFor: +the phone 000413231234\n.*`, "")
	h.matches("acme", "file show 000413231234.xml --json", "", StatusDone, `\{"name":.*"mac":"000413231234","versions":1\}\n`, "")
	h.matches("acme", "file show nothing", "", StatusRefused, "", "acme has no such file or version: .*\n")
	h.matches("bravo", "file show snom360.htm", "", StatusRefused, "", "bravo has no such file or version: .*\n")
	h.matches("acme", "file list --account bravo", "", StatusRefused, "", ".*for operators.*\n")
	if line, _, _ := h.shell.Complete("file show sn", 12, h.account("acme")); line != "file show snom360.htm " {
		t.Errorf("completed: %q", line)
	}
}

func TestFileRollback(t *testing.T) {
	h := newHouse(t)
	withFiles(h)
	h.put("A.htm", "one")
	h.put("A.htm", "two")
	h.put("phones.csv", "mac\n")
	h.matches("acme", "file rollback a.htm 1 --dry-run", "", StatusDone, `Dry run: A\.htm would be stored as version 3: .*\n`, "")
	h.matches("acme", "file remove a.htm --dry-run", "", StatusDone, `Dry run: a\.htm would be removed; FILE ROLLBACK a\.htm 2 restores it\.\n`, "")
	h.gives("acme", "file get A.htm", "", StatusDone, "two")
	h.gives("acme", "file get A.htm --version 1", "", StatusDone, "one")
	h.matches("acme", "file remove a.htm", "", StatusDone, `a\.htm removed; FILE ROLLBACK a\.htm 2 restores it\.\n`, "")
	h.matches("acme", "file get a.htm", "", StatusRefused, "", "acme has no such file.*\n")
	h.matches("acme", "file remove a.htm", "", StatusRefused, "", "acme has no such file.*\n")
	h.matches("acme", "file rollback a.htm 3", "", StatusRefused, "", "acme has no such file.*\n")
	h.matches("acme", "file rollback a.htm -- -1", "", StatusMisunderstood, "", `"-1" is not a version: .*\n`)
	h.matches("acme", "file rollback a.htm 1", "", StatusDone, `A\.htm stored as version 4: .*\n`, "")
	h.gives("acme", "file get A.htm", "", StatusDone, "one")
	h.matches("acme", "file remove phones.csv", "", StatusRefused, "", "a.xml: error: needs it\nphones.csv was not removed: without it there would be 1 error.\n")
	h.matches("acme", "history", "", StatusDone, `(?s).*: FILE ROLLBACK A\.htm, 3 bytes.*: FILE REMOVE A\.htm.*`, "")
}

// An operator who reads a partner's files leaves a trace that the partner sees.
func TestFileReadByAnOperator(t *testing.T) {
	h := newHouse(t)
	withFiles(h)
	h.put("b/a.htm", "\x00one")
	h.put("c.htm", "two")
	h.gives("acme", "file get b/a.htm", "", StatusDone, "\x00one")
	h.matches("acme", "history", "", StatusDone, `(?s).*FILE PUT.*`, "")
	if out, _, _ := h.at("acme", 0, "history", ""); strings.Contains(out, "FILE GET") {
		t.Errorf("an account reads its own file: %s", out)
	}
	h.gives("olga", "file get b/a.htm --account acme --version 1", "", StatusDone, "\x00one")
	out, problems, status := h.at("olga", 0, "file export --account acme", "")
	if status != StatusDone || problems != "Export: 2 files, 7 B.\n" {
		t.Fatalf("%d, %q", status, problems)
	}
	archive, got := tar.NewReader(strings.NewReader(out)), ""
	for {
		e, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil || time.Since(e.ModTime) > time.Minute || e.Mode != 0o644 {
			t.Errorf("%+v, %v", e, err)
		}
		got += e.Name + "=" + string(text) + " "
	}
	if got != "b/a.htm=\x00one c.htm=two " {
		t.Errorf("the archive contains %q", got)
	}
	h.matches("acme", "history", "", StatusDone, `(?s)[^\n]* an operator: FILE EXPORT 2 files\n[^\n]* an operator: FILE GET b/a\.htm, version 1\n.*`, "")
	for _, line := range []string{"file get c.htm", "file export"} {
		if out, problems, _ := h.at("acme", 80, line, ""); out != "" || !strings.Contains(problems, "run it without a terminal and redirect it") {
			t.Errorf("%s: %q, %q", line, out, problems)
		}
		h.gone = true
		if _, problems, status := h.at("acme", 0, line, ""); status != StatusRefused || problems != "" {
			t.Errorf("%s: a client that has gone: %d, %q", line, status, problems)
		}
		h.gone = false
		var problems bytes.Buffer
		if status := h.runs(t.Context(), h.caller("acme"), IO{In: h.input(strings.NewReader("")), Out: closedPipe{}, Err: &problems}, line); status != StatusRefused || problems.Len() > 0 {
			t.Errorf("%s: a client that reads no further: %d, %q", line, status, &problems)
		}
	}
}

// unnoted is a store that can't write its history.
type unnoted struct{ *bolt.DB }

func (unnoted) NoteFileRead(store.Audit, store.AccountID, store.FileName) error {
	return errors.New("disk is full")
}

// Without the trace there is no content.
func TestFileReadNeedsItsTrace(t *testing.T) {
	h := newHouse(t)
	db := withFiles(h)
	h.put("a.htm", "one")
	h.files.Store = unnoted{db}
	h.gives("olga", "file get a.htm --account acme", "", StatusRefused, "", "Internal error")
	h.gives("olga", "file export --account acme", "", StatusRefused, "", "Internal error")
	h.gives("acme", "file get a.htm", "", StatusDone, "one")
}

// FILE GET of a name that a phone gets from a template shows what that phone gets.
func TestFilledFile(t *testing.T) {
	h := newHouse(t)
	withFiles(h)
	h.put("360/keys.xml", "<${name}>")
	h.put("all.xml", "<all/>")
	norow := ".*: its template can't be filled in, so the phone gets nothing: add the phone's row, .* to phones\\.csv\\.\n"
	h.matches("acme", "file get 360/keys-000413231234.xml", "", StatusRefused, "", norow)
	h.put("phones.csv", "mac,name\n000413231234,Ann\n")
	h.matches("acme", "file get 360/KEYS-000413231234.xml", "", StatusDone, "<Ann at "+filesURL+">", "")
	h.matches("acme", "file get 360/keys-000413231235.xml", "", StatusRefused, "", norow)
	h.matches("acme", "file get 360/keys-000413231234.xml --version 1", "", StatusRefused, "", "acme has no such file.*\n")
	h.matches("acme", "file get all-000413231234.xml", "", StatusRefused, "", "acme has no such file.*\n")
	h.matches("acme", "file get phones-000413231234.csv", "", StatusRefused, "", "acme has no such file.*\n")
	h.put("360/keys-000413231234.xml", "its own")
	h.gives("acme", "file get 360/keys-000413231234.xml", "", StatusDone, "its own")
	h.matches("olga", "file get 360/keys-000413231235.xml --account acme", "", StatusRefused, "", norow)
	h.put("phones.csv", "mac,name\n000413231235,Ann\n")
	h.matches("olga", "file get 360/keys-000413231235.xml --account acme", "", StatusDone, "<Ann at .*>", "")
	h.matches("acme", "history", "", StatusDone, "(?s).*FILE GET 360/keys-000413231235\\.xml.*", "")
}

// A rotating store rotates the token after each look at it.
type rotating struct {
	*bolt.DB
	url func(token string) store.URL
}

func (r rotating) EnsureFileToken(a store.AccountID) (store.FileSpace, error) {
	s, err := r.DB.EnsureFileToken(a)
	if err == nil {
		_, err = r.MakeFileToken(store.Audit{}, false, a, r.url)
	}
	return s, err
}

// Another session's FILE ROTATE leaves no account with the URL of its old token.
func TestServerFilesBesideRotate(t *testing.T) {
	h := newHouse(t)
	db := withFiles(h)
	h.files.Store = rotating{db, h.files.URL}
	h.matches("acme", "server files", "", StatusDone, "acme: setting server .*\n", "")
	if s, err := db.FileSpace(h.account("acme").ID); err != nil || h.account("acme").SettingServer != h.files.URL(s.Token) {
		t.Errorf("%v, %+v, %v", h.account("acme").SettingServer, s, err)
	}
}

func TestServerFiles(t *testing.T) {
	h := newHouse(t)
	db := withFiles(h)
	h.matches("acme", "server files --dry-run", "", StatusDone, "Dry run: acme: setting server would be the URL of its files, for all phones.*\n", "")
	h.says("acme", "server", regexp.QuoteMeta(serverA)+"\n")
	h.matches("acme", "server files", "", StatusDone, "acme: setting server "+filesURL+", for all phones without a URL of their own\\.\n", "")
	h.matches("olga", "server files --account bravo", "", StatusDone, "bravo: setting server .*\n", "")
	was, err := db.FileSpace(h.account("acme").ID)
	if err != nil || h.account("acme").SettingServer != h.files.URL(was.Token) {
		t.Fatalf("%+v, %v", was, err)
	}
	h.matches("acme", "file rotate --dry-run", "", StatusDone, "Dry run: the files of acme would get a new URL\\. Until .* they are served at .*"+was.Token+"/ too\\.\n", "")
	h.matches("acme", "file rotate", "", StatusDone, "The files of acme are at "+filesURL+" now\\. Until .* UTC they are served at .*"+was.Token+"/ too\\.\n", "If phones have the old URL .*: RETARGET .*\n")
	now, err := db.FileSpace(h.account("acme").ID)
	if err != nil || now.OldToken != was.Token || h.account("acme").SettingServer != h.files.URL(now.Token) {
		t.Errorf("%+v, %v", now, err)
	}
	for _, line := range []string{"file list --account acme", "file show a.htm --account acme", "file show a.htm --account acme --json", "file history a.htm --account acme --json",
		"file rotate --dry-run --account acme", "server files --dry-run --account acme --json"} {
		h.put("a.htm", "a")
		out, problems, status := h.at("olga", 0, line, "")
		if status != StatusDone || problems != "" || strings.Contains(out, now.Token) {
			t.Errorf("%s: an operator sees the token without an entry: %s%s", line, out, problems)
		}
	}
	h.matches("olga", "file put a.htm --account acme", "a", StatusDone, "a.htm has this text already, as version 1.\n", "")
	h.matches("bare", "file rotate --json", "", StatusDone, `\{"url":"`+filesURL+`"\}`+"\n", "")
}
