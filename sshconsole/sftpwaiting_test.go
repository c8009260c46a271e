package sshconsole

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// Templates that come before phones.csv are stored after it, and what is wrong with one is
// told then. Until then each is as the client uploaded it.
func TestTemplatesBeforePhones(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	c, stderr := l.sftp(l.login("acme", gossh.PublicKeys(l.newKey("acme"))))
	for name, text := range map[string]string{"3x0/a.xml": "${name}, first", "b.xml": "<bad ${name}", "c.xml": "${name} c", "other.xml": "other"} {
		if err := put(c, name, text); err != nil && name != "b.xml" {
			t.Fatal(name, err)
		}
	}
	f, err := c.OpenFile("3x0/A.xml", os.O_WRONLY|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write([]byte("${name} a"))
	if err := errors.Join(err, f.Truncate(9), f.Close()); err != nil {
		t.Fatal(err)
	}
	l.waits(stderr, "c.xml is not stored yet: it waits until this session uploads a phones.csv")
	if info, err := c.Stat("3x0/a.xml"); err != nil || info.Size() != 9 {
		t.Error(info, err)
	}
	if f, err = c.Open("c.xml"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); string(text) != "${name} c" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if err := errors.Join(f.Close(), c.Remove("c.xml")); err != nil {
		t.Error(err)
	}
	l.stored(map[string]string{"other.xml": "other"})
	if err := put(c, "phones.csv", "mac"); err != nil {
		t.Error(err)
	}
	l.stored(map[string]string{"other.xml": "other", "phones.csv": "mac"})
	if err := put(c, "phones.csv", "mac,name"); err != nil {
		t.Error(err)
	}
	l.stored(map[string]string{"other.xml": "other", "phones.csv": "mac,name", "3x0/A.xml": "${name} a"})
}

// What still waits at the end of the session is not stored, which standard error and the
// exit status tell. What waits is bounded.
func TestTemplatesWithoutPhones(t *testing.T) {
	l := newFilesLab(t, defaultLimits)
	key := gossh.PublicKeys(l.newKey("acme"))
	c, stderr := l.sftp(l.login("acme", key))
	large := "${name}" + strings.Repeat(" ", store.MaxFileSize-7)
	for i := range 4 {
		if err := put(c, fmt.Sprintf("%d.xml", i), large); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(c, "4.xml", "${name}"); err == nil {
		t.Error("more than the bound waits")
	}
	if err := put(c, "3.xml", "${name}"); err != nil { // a smaller one of that name
		t.Error(err)
	}
	for i := range 97 {
		if err := put(c, fmt.Sprintf("x%d.xml", i), "${name}"); (err == nil) != (i < 96) {
			t.Error(i, err)
		}
	}
	c.Close()
	l.waits(stderr, "x95.xml: nothing was changed, because of the errors.\n")
	if text := stderr.String(); !strings.Contains(text, "0.xml: error: no name\n0.xml: nothing was changed") {
		t.Error(text)
	}
	l.stored(map[string]string{})
}
