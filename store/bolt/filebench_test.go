package bolt

import (
	"crypto/rand"
	"fmt"
	"os"
	"testing"
	"time"

	"snomredirect/store"
)

func randomText(size int) []byte {
	text := make([]byte, size)
	_, _ = rand.Read(text) // never fails
	return text
}

// BenchmarkFile measures the read of a file of 20 KB, as for a phone, and of its token.
func BenchmarkFile(b *testing.B) {
	db := open(b, b.TempDir())
	defer db.Close()
	a := addAccount(b, db, "acme")
	for i := range 100 {
		if _, err := db.PutFile(store.Audit{}, false, a.ID, 0, store.FileName(fmt.Sprintf("%d.xml", i)), randomText(20_000)); err != nil {
			b.Fatal(err)
		}
	}
	s, err := db.EnsureFileToken(a.ID)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("token", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := db.AccountOfToken(s.Token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := db.File(a.ID, "50.xml", 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPutFile measures uploads, each of which is synced to the disk: new versions of
// one file, and with the account's space used up, so that the oldest make room.
func BenchmarkPutFile(b *testing.B) {
	for _, c := range []struct {
		name        string
		files, size int
	}{{"20KB", 1, 20_000}, {"256KB", 1, store.MaxFileSize}, {"full", 900, 4_000}} {
		b.Run(c.name, func(b *testing.B) {
			db := open(b, b.TempDir())
			defer db.Close()
			a := addAccount(b, db, "acme")
			text := randomText(c.size)
			put := func(i int) {
				copy(text, fmt.Sprint(i))
				if _, err := db.PutFile(store.Audit{Command: "FILE PUT"}, false, a.ID, 0, store.FileName(fmt.Sprintf("%d.xml", i%c.files)), text); err != nil {
					b.Fatal(err)
				}
			}
			n := 2 * (c.files - 1)
			for i := range n {
				put(i)
			}
			for b.Loop() {
				n++
				put(n)
			}
		})
	}
}

// TestSpaceOnDisk measures what files take on disk. It runs with
// SNOMREDIRECT_TEST_FILES=1.
func TestSpaceOnDisk(t *testing.T) {
	if os.Getenv("SNOMREDIRECT_TEST_FILES") == "" {
		t.Skip("SNOMREDIRECT_TEST_FILES is not set")
	}
	for _, c := range []struct{ accounts, files, size, versions int }{
		{1, 1000, 16, 10}, {1, 1000, 4 << 10, 1}, {1, 1000, 4 << 10, 11}, {1, 16, 256 << 10, 1}, {1, 16, 256 << 10, 11}, {200, 16, 256 << 10, 1},
	} {
		db := open(t, t.TempDir())
		for n := range c.accounts {
			a := addAccount(t, db, store.Name(fmt.Sprintf("partner%d", n)))
			for i := range c.versions * c.files {
				if _, err := db.PutFile(store.Audit{Command: "FILE PUT"}, false, a.ID, 0, store.FileName(fmt.Sprintf("%d.xml", i%c.files)), randomText(c.size)); err != nil {
					t.Fatal(err)
				}
			}
		}
		begun := time.Now()
		copied := DatabaseFile(t.TempDir())
		if err := db.Copy(copied); err != nil {
			t.Fatal(err)
		}
		took := time.Since(begun)
		name := db.b.name
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		begun = time.Now()
		before := checkFinds(t, copied)
		checked := time.Since(begun)
		compacted := DatabaseFile(t.TempDir())
		if err := Compact(name, compacted); err != nil {
			t.Fatal(err)
		}
		after := checkFinds(t, compacted)
		stored := float64(c.accounts * c.files * c.size)
		t.Logf("%+v: %.2f bytes on disk a byte, compacted %.2f; a copy of %d MiB took %v, its check %v", c, float64(before.Size)/stored, float64(after.Size)/stored, before.Size>>20, took, checked)
		for _, file := range []string{name, copied, compacted} {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}
