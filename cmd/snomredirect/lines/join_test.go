package lines

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A lockedBuffer can be written and taken concurrently.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.Reset()
	return b.String()
}

// An error for each request of a phone is one line, and then one a minute that says how
// many there were.
func TestJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		joined, flush := Join(slog.NewTextHandler(&out, nil))
		log := slog.New(joined)
		fail := func(n int) {
			for i := range n {
				l := log.With("from", fmt.Sprintf("192.0.2.%d:1", i))
				l.Error("request failed", "path", fmt.Sprintf("/snom360.php?mac=%012d", i), "error", errors.New("the disk is full"))
			}
		}
		expect := func(want ...string) {
			t.Helper()
			all := out.take()
			got := strings.Split(strings.TrimSuffix(all, "\n"), "\n")
			if len(got) != len(want) {
				t.Fatalf("%d lines, want %d:\n%s", len(got), len(want), all)
			}
			for i := range want {
				if !strings.Contains(got[i], want[i]) {
					t.Errorf("%q is not in %q", want[i], got[i])
				}
			}
		}
		fail(1235)
		expect("from=192.0.2.0:1 path=\"/snom360.php?mac=000000000000\" error=\"the disk is full\"")
		time.Sleep(time.Minute)
		synctest.Wait()
		expect("from=192.0.2.1234:1 path=\"/snom360.php?mac=000000001234\" error=\"the disk is full\" repeated=1234")
		fail(2)
		time.Sleep(time.Minute)
		synctest.Wait()
		expect("repeated=2")
		time.Sleep(time.Minute) // a quiet one
		synctest.Wait()
		fail(1)
		expect("mac=000000000000")

		// The end comes within a minute.
		fail(3)
		out.take()
		flush()
		flush()
		expect("repeated=3")

		// Other lines are not joined.
		for range 3 {
			log.Info("changed")
		}
		log.Warn("request failed", "error", "the disk is full")
		log.Error("request failed", "error", "the disk is gone")
		log.Error("request failed", "account", "acme", "error", "the disk is gone")
		log.With("account", "bravo").Error("request failed", "error", "the disk is gone")
		expect("changed", "changed", "changed", "WARN", "gone", "acme", "bravo")
	})
}

// Lines that all differ are logged, and the memory for them is bounded.
func TestJoinIsBounded(t *testing.T) {
	var out bytes.Buffer
	h, _ := Join(slog.NewTextHandler(&out, nil))
	log := slog.New(h)
	for i := range 2 * maxJoined {
		log.Error("failed", "error", i)
	}
	if n := strings.Count(out.String(), "\n"); n != 2*maxJoined || len(h.(joiner).lines.all) != maxJoined {
		t.Errorf("%d lines, %d remembered", n, len(h.(joiner).lines.all))
	}
}
