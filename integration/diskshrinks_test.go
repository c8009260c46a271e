package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// If the database shrinks while it is open, phones get the same answer or a failure, never
// another redirect. The program goes on, its log tells, and changes are refused.
func TestDatabaseShrinks(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	l, answer := launchOn(t, folder)
	if text, status := l.says("register -", manyPhones()); status != 0 {
		t.Fatalf("exit status %d, %q", status, text)
	}
	name := filepath.Join(folder, database)
	is, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{is.Size() / 2 &^ 4095, 16 << 10, 8 << 10, 4 << 10, 0} {
		if err := os.Truncate(name, size); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if got := l.get(phonePath); got != answer && !strings.HasPrefix(got, "500 ") {
				t.Errorf("%d bytes: a phone gets %q, want %q or a failure", size, got, answer)
			}
		}
	}
	l.until("/healthz", "503", "")
	if got := l.get(phonePath); !strings.HasPrefix(got, "500 ") {
		t.Errorf("no database: a phone gets %q, want a failure", got)
	}
	for deadline := time.Now().Add(patience); l.metric("snomredirect_changes_refused") != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("snomredirect_changes_refused is not 1")
		}
	}
	l.expectRefusalLogged()
}
