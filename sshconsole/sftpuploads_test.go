package sshconsole

import (
	"errors"
	"os"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
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
