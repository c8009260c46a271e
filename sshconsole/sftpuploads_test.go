package sshconsole

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

// OpenSSH's scp writes over the old text, and then truncates the file.
func TestShorterUpload(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c, stderr := l.sftp(l.login("acme", gossh.PublicKeys(l.newKey("acme"))))
	if err := put(c, "a.xml", "<a>longer</a>"); err != nil {
		t.Fatal(err)
	}
	f, err := c.OpenFile("A.xml", os.O_WRONLY|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write([]byte("<a/>"))
	if err := errors.Join(err, f.Truncate(6), f.Truncate(4), f.Close()); err != nil {
		t.Fatal(err)
	}
	l.stored(map[string]string{"A.xml": "<a/>"})
	if err := c.Truncate("a.xml", 0); err == nil || !strings.Contains(err.Error(), "can't be truncated") {
		t.Error(err)
	}
	l.waits(stderr, "a.xml: files are replaced as a whole; a stored one can't be truncated.")
	f, err = c.OpenFile("a.xml", os.O_WRONLY|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(store.MaxFileSize + 1); err == nil || !strings.Contains(err.Error(), "larger than 256 KiB") {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	l.stored(map[string]string{"A.xml": "<a/>"})
}

// Uploads of one file at once, by SFTP and FILE PUT, are versions after each other, each of
// them whole.
func TestUploadsAtOnce(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	conn := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	want := map[string]bool{}
	var uploads sync.WaitGroup
	for i := range 8 {
		text := strings.Repeat(string(rune('a'+i)), 100_000+i)
		want[text] = true
		if i%2 == 0 {
			c, _ := l.sftp(conn)
			uploads.Go(func() {
				if err := put(c, "a.xml", text); err != nil {
					t.Error(err)
				}
			})
			continue
		}
		uploads.Go(func() {
			session, err := conn.NewSession()
			if err != nil {
				t.Error(err)
				return
			}
			session.Stdin = strings.NewReader(text)
			if err := session.Run("file put A.xml"); err != nil {
				t.Error(err)
			}
		})
	}
	uploads.Wait()
	db := l.registry.(*bolt.DB)
	for version := range len(want) {
		_, text, err := db.File(l.account("acme").ID, "a.xml", version+1)
		if err != nil || !want[string(text)] {
			t.Errorf("version %d: %.20q, %v", version+1, text, err)
		}
		delete(want, string(text))
	}
}
