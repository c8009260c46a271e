package sshconsole

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// storing are files of a store that accepts any text without "<bad", and "${name}" if
// phones.csv has it.
func storing(db *bolt.DB) *files.Config {
	return &files.Config{
		IsTemplate: func(text []byte) bool { return bytes.Contains(text, []byte("${name}")) },
		Store:      db,
		URL:        func(token string) store.URL { return store.RestoreURL("http://files.example/" + token + "/") },
		Put: func(_ context.Context, audit store.Audit, dryRun, _ bool, a store.Account, name store.FileName, text []byte) (store.File, []findings.Finding, error) {
			if bytes.Contains(text, []byte("panic")) {
				panic("/data/secret")
			}
			if bytes.Contains(text, []byte("<bad")) {
				return store.File{}, []findings.Finding{{File: string(name), Line: 3, Column: 5, Severity: "error", Rule: "syntax", Text: "not XML"}}, files.ErrRefused
			}
			if _, phones, _ := db.File(a.ID, store.PhonesFile, 0); bytes.Contains(text, []byte("${name}")) && !bytes.Contains(phones, []byte("name")) {
				return store.File{}, []findings.Finding{{File: string(name), Severity: "error", Rule: "no-value", Text: "no name"}}, files.ErrIncomplete
			}
			f, err := db.PutFile(audit, dryRun, a.ID, 0, name, text)
			return f, []findings.Finding{{File: string(name), Severity: "warning", Text: "an \x1b[odd one"}}, err
		},
		Remove: func(_ context.Context, audit store.Audit, dryRun bool, a store.Account, name store.FileName) ([]findings.Finding, error) {
			return nil, db.RemoveFile(audit, dryRun, a.ID, 0, name)
		},
	}
}

// newFilesLab starts a server with setting files.
func newFilesLab(t *testing.T, l limits) *lab {
	t.Helper()
	return newLabWith(t, l, nil, storing)
}

// sftp begins a session of SFTP on a connection; stderr is what it was sent.
func (l *lab) sftp(c *gossh.Client) (client *sftp.Client, stderr *syncBuffer) {
	l.Helper()
	session, err := c.NewSession()
	if err != nil {
		l.Fatal(err)
	}
	stderr = l.stderrOf(session)
	in, err1 := session.StdinPipe()
	out, err2 := session.StdoutPipe()
	if err := errors.Join(err1, err2, session.RequestSubsystem("sftp")); err != nil {
		l.Fatal(err)
	}
	if client, err = sftp.NewClientPipe(out, in); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { client.Close() })
	return client, stderr
}

// stderrOf returns what a subsystem writes to standard error, which package ssh copies
// for commands only.
func (l *lab) stderrOf(session *gossh.Session) *syncBuffer {
	l.Helper()
	pipe, err := session.StderrPipe()
	if err != nil {
		l.Fatal(err)
	}
	text := &syncBuffer{}
	go io.Copy(text, pipe)
	return text
}

// put uploads a file.
func put(c *sftp.Client, name, text string) error {
	f, err := c.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, strings.NewReader(text))
	return errors.Join(err, f.Close())
}

// stored requires a partner's files to be these, with their texts.
func (l *lab) stored(want map[string]string) {
	l.Helper()
	db := l.registry.(*bolt.DB)
	acme := l.account("acme").ID
	all, err := db.Files(acme)
	if err != nil {
		l.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range all {
		_, text, err := db.File(acme, f.Name, 0)
		if err != nil {
			l.Fatal(err)
		}
		got[string(f.Name)] = string(text)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		l.Errorf("stored %.300q, want %.300q", fmt.Sprint(got), fmt.Sprint(want))
	}
}

// waits waits until a text has what is wanted.
func (l *lab) waits(text *syncBuffer, want string) {
	l.Helper()
	for deadline := time.Now().Add(soon); !strings.Contains(text.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.Fatalf("%q: no %q", text.String(), want)
		}
	}
}

// Files are uploaded, listed, read and removed; folders are implied by their names.
func TestFilesBySFTP(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c, stderr := l.sftp(l.login("acme", gossh.PublicKeys(l.newKey("acme"))))
	if err := errors.Join(
		c.Mkdir("360"), c.Mkdir("/empty"), c.Mkdir("360"),
		put(c, "/snom360.htm", "<settings/>"), put(c, "360/General.xml", "<g/>"), put(c, "360/x/y.xml", ""),
		c.Chmod("snom360.htm", 0o600), c.Chtimes("snom360.htm", time.Now(), time.Now()),
	); err != nil {
		t.Fatal(err)
	}
	l.waits(stderr, "snom360.htm: warning: an ?[odd one\n")
	if space, err := l.registry.(*bolt.DB).FileSpace(l.account("acme").ID); err != nil || space.Token == "" {
		t.Errorf("%+v, %v", space, err) // without a token the files have no URLs
	}
	l.stored(map[string]string{"snom360.htm": "<settings/>", "360/General.xml": "<g/>", "360/x/y.xml": ""})
	for folder, want := range map[string]string{"/": "[360/ empty/ snom360.htm]", "360": "[General.xml x/]", "/360/x": "[y.xml]", "empty": "[]"} {
		all, err := c.ReadDir(folder)
		if err != nil {
			t.Fatal(folder, err)
		}
		got := []string{}
		for _, info := range all {
			name := info.Name()
			if info.IsDir() {
				name += "/"
			}
			got = append(got, name)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %v", folder, got, want)
		}
	}
	if info, err := c.Stat("360/general.XML"); err != nil || info.Size() != 4 || info.IsDir() {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := c.Lstat("360/x"); err != nil || !info.IsDir() {
		t.Errorf("%v, %v", info, err)
	}
	if p, err := c.RealPath("360/.."); err != nil || p != "/" {
		t.Errorf("%q, %v", p, err)
	}
	f, err := c.Open("SNOM360.htm")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); err != nil || string(text) != "<settings/>" {
		t.Errorf("%q, %v", text, err)
	}
	if err := errors.Join(f.Close(), c.Remove("snom360.htm"), c.RemoveDirectory("empty")); err != nil {
		t.Error(err)
	}
	if _, err := c.Stat("snom360.htm"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	l.stored(map[string]string{"360/General.xml": "<g/>", "360/x/y.xml": ""})
	if log := l.log.String(); !strings.Contains(log, `command="FILE PUT snom360.htm"`) || !strings.Contains(log, `command="FILE REMOVE snom360.htm"`) {
		t.Errorf("the log has\n%s", log)
	}
}

// What can't be done is refused in words, on standard error too, and changes nothing.
func TestRefusedBySFTP(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c, stderr := l.sftp(l.login("acme", gossh.PublicKeys(l.newKey("acme"))))
	if err := put(c, "a/b.xml", "<b/>"); err != nil {
		t.Fatal(err)
	}
	open := func(name string, flags int) error {
		f, err := c.OpenFile(name, flags)
		if err == nil {
			f.Close()
		}
		return err
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{put(c, "snom.htm", "<bad"), "snom.htm:3:5: error: not XML"},
		{put(c, "x/.hidden", ""), "can't be a name"},
		{put(c, "a b", ""), "can't be a name"},
		{put(c, `..\x`, ""), "can't be a name"},
		{put(c, "x\x00y", ""), "can't be a name"},
		{put(c, "x\x1by", ""), "can't be a name"},
		{put(c, strings.Repeat("x", 129), ""), "at most 128"},
		{put(c, "/", ""), "/ is a folder"},
		{put(c, "A", ""), "A is a folder"},
		{put(c, "large.xml", strings.Repeat("x", store.MaxFileSize+1)), "large.xml is larger than 256 KiB"},
		{c.Rename("a/b.xml", "a/c.xml"), "a/b.xml can't be renamed"},
		{c.PosixRename("a/b.xml", "c.xml"), "a/b.xml can't be renamed"},
		{c.Symlink("a/b.xml", "c.xml"), "can't be links"},
		{c.Link("a/b.xml", "c.xml"), "can't be links"},
		{c.Mkdir(".x"), "can't be a name"},
		{c.Mkdir("a/b.xml"), "a/b.xml is a file"},
		{c.RemoveDirectory("a"), "a is not empty"},
		{open("a/b.xml", os.O_WRONLY|os.O_APPEND), "nothing can be appended"},
		{open("a/b.xml", os.O_WRONLY|os.O_CREATE|os.O_EXCL), "exists already"},
		{open("new.xml", os.O_WRONLY), "not exist"},
		{open("new.xml", os.O_RDONLY), "not exist"},
		{c.Remove("new.xml"), "not exist"},
		{c.RemoveDirectory("new"), "not exist"},
		{put(c, "p.xml", "panic"), "Internal error"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%v, want %s", test.err, test.want)
		} else if test.want != "not exist" {
			l.waits(stderr, test.want)
		}
	}
	if text := stderr.String(); strings.Contains(text, "secret") || strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
	if err := put(c, "../../etc/x.xml", "in the account"); err != nil {
		t.Error(err)
	}
	l.stored(map[string]string{"a/b.xml": "<b/>", "etc/x.xml": "in the account"})
}

// Once a file is too large, the upload ends.
func TestLargeUploadStops(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c, _ := l.sftp(l.login("acme", gossh.PublicKeys(l.newKey("acme"))))
	f, err := c.Create("large.xml")
	if err != nil {
		t.Fatal(err)
	}
	sent := &countingReader{left: 2 << 30}
	if _, err := f.ReadFrom(sent); err == nil || sent.read > 16<<20 {
		t.Errorf("%d bytes read, %v", sent.read, err)
	}
	if err := f.Close(); err == nil {
		t.Error("stored")
	}
	l.stored(map[string]string{})
}

type countingReader struct{ left, read int }

func (r *countingReader) Read(b []byte) (int, error) {
	if r.left < len(b) {
		return 0, io.EOF
	}
	r.left -= len(b)
	r.read += len(b)
	return len(b), nil
}

// An upload whose connection ends stores nothing, and the service waits for none.
func TestCutUpload(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	key := gossh.PublicKeys(l.newKey("acme"))
	for range 20 {
		conn := l.login("acme", key)
		c, _ := l.sftp(conn)
		f, err := c.Create("snom.htm")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("<settings>")); err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	l.releases()
	l.stored(map[string]string{})
}

// WinSCP uploads under another name, removes the file and renames the upload.
func TestRenamedUpload(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c, stderr := l.sftp(l.login("acme", gossh.PublicKeys(l.newKey("acme"))))
	if err := errors.Join(put(c, "x/a.xml", "old"), put(c, "x/a.xml.filepart", "new")); err != nil {
		t.Fatal(err)
	}
	l.stored(map[string]string{"x/a.xml": "old"})
	if info, err := c.Stat("x/a.xml.filepart"); err != nil || info.Size() != 3 {
		t.Error(info, err)
	}
	if err := c.Rename("x/a.xml.filepart", "x/b.xml"); err == nil {
		t.Error("renamed to something else")
	}
	if err := c.Remove("x/a.xml"); err != nil {
		t.Error(err)
	}
	l.waits(stderr, "x/a.xml stays until x/a.xml.filepart is renamed to it.")
	l.stored(map[string]string{"x/a.xml": "old"})
	if err := c.Rename("x/a.xml.filepart", "x/a.xml"); err != nil {
		t.Error(err)
	}
	l.stored(map[string]string{"x/a.xml": "new"})
	if err := errors.Join(put(c, "c.xml.filepart", "c"), c.Close()); err != nil {
		t.Error(err)
	}
	l.waits(stderr, "c.xml.filepart was not renamed")
	l.stored(map[string]string{"x/a.xml": "new"})
}

// Two uploads of a file at the same time are both whole, and the later one stays.
func TestTwoUploads(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	conn := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	c1, _ := l.sftp(conn)
	c2, _ := l.sftp(conn)
	f1, err1 := c1.Create("a.xml")
	f2, err2 := c2.Create("a.xml")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	_, err1 = f1.Write([]byte("one"))
	_, err2 = f2.Write([]byte("the second"))
	if err := errors.Join(err1, err2, f2.Close(), f1.Close()); err != nil {
		t.Fatal(err)
	}
	l.stored(map[string]string{"a.xml": "one"})
}

// A session has few files open at once, and can open others when they are closed.
func TestOpenFiles(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c, stderr := l.sftp(l.login("acme", gossh.PublicKeys(l.newKey("acme"))))
	for range 3 {
		var open []*sftp.File
		for i := range 8 {
			f, err := c.Create(fmt.Sprintf("%d.xml", i))
			if err != nil {
				t.Fatal(i, err)
			}
			open = append(open, f)
		}
		if _, err := c.Create("9.xml"); err == nil {
			t.Error("one more is open")
		}
		if _, err := c.ReadDir("/"); err == nil {
			t.Error("one more folder is open")
		}
		l.waits(stderr, "At most 8 files")
		for _, f := range open {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	for range 20 {
		if _, err := c.ReadDir("/"); err != nil {
			t.Fatal(err)
		}
	}
}
