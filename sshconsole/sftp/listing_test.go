package sftp

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"snomredirect/store"
)

// Each way in which a name can be a folder is found, and no other name is.
func TestStat(t *testing.T) {
	s, a := newStoredSession(t, "a/b/c.xml", "d.xml")
	s.folders["e/f"] = struct{}{}
	for name, folder := range map[store.FileName]bool{"": true, "A": true, "a/b": true, "a/b/c.xml": false, "d.xml": false, "e": true, "E/f": true} {
		if e, err := s.stat(a, name); err != nil || e.IsDir() != folder {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
	for _, name := range []store.FileName{"b", "a/b/c", "d.xml/x", "e/f/g", "d"} {
		if e, err := s.stat(a, name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
}

// BenchmarkStat measures what a client does before each upload, beside 1,000 files.
func BenchmarkStat(b *testing.B) {
	var names []store.FileName
	for i := range store.DefaultFileCount {
		names = append(names, store.FileName(fmt.Sprintf("360/%d.xml", i)))
	}
	s, a := newStoredSession(b, names...)
	for _, name := range []store.FileName{"360/7.xml", "360", "360/new.xml"} {
		b.Run(string(name), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.stat(a, name); err != nil && !errors.Is(err, os.ErrNotExist) {
					b.Fatal(err)
				}
			}
		})
	}
}

// newStoredSession returns a session of an account with empty files.
func newStoredSession(t testing.TB, names ...store.FileName) (*session, store.Account) {
	t.Helper()
	c := newTestConfig(t)
	a, err := c.Account()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, _, err := c.Files.Put(t.Context(), store.Audit{}, false, false, a, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	s, _ := newTestSession()
	s.Config, s.folders = c, map[store.FileName]struct{}{}
	return s, a
}
