package lines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func text(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }

// A stuck writer writes nothing until it is opened.
type stuck struct {
	open chan struct{}
	bytes.Buffer
}

func (s *stuck) Write(b []byte) (int, error) {
	<-s.open
	return s.Buffer.Write(b)
}

// Nobody waits for a log that nobody reads. What fits into the queue is written later,
// in order, and then how many lines are missing.
func TestQueueDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{open: make(chan struct{})}
		q := NewQueue(out, text)
		const all = 100_000
		var kept strings.Builder
		padding := strings.Repeat("x", 100)
		for i := range all {
			before := q.Dropped()
			line := fmt.Sprintln(i, padding)
			_, _ = io.WriteString(q, line)
			if q.Dropped() == before {
				kept.WriteString(line)
			}
		}
		if q.Dropped() == 0 || kept.Len() < maxQueued/2 || kept.Len() > maxQueued+1000 {
			t.Fatalf("%d lines dropped, %d bytes kept", q.Dropped(), kept.Len())
		}
		close(out.open)
		synctest.Wait()
		_, _ = io.WriteString(q, "after\n")
		q.Close(time.Hour)
		rest, ok := strings.CutPrefix(out.String(), kept.String())
		want := fmt.Sprintf(" level=WARN msg=\"log lines dropped\" lines=%d\nafter\n", q.Dropped())
		if !ok || !strings.HasSuffix(rest, want) || strings.Count(rest, "\n") != 2 {
			t.Errorf("want %q at the end of %q", want, out.String()[max(0, out.Len()-300):])
		}
	})
}

// At the end, a log that nobody reads is given up.
func TestQueueCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{open: make(chan struct{})}
		q := NewQueue(out, text)
		_, _ = io.WriteString(q, "one\n")
		begun := time.Now()
		q.Close(time.Second)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("took %v", took)
		}
		_, _ = io.WriteString(q, "two\n")
		close(out.open)
		synctest.Wait()
		if q.Dropped() != 1 || !strings.HasPrefix(out.String(), "one\n") {
			t.Errorf("%d dropped, %q", q.Dropped(), out.String())
		}
	})
}

// A failing writer fails until it is repaired.
type failing struct {
	broken bool
	bytes.Buffer
}

func (f *failing) Write(b []byte) (int, error) {
	if f.broken {
		return 0, errors.New("no space left on device")
	}
	return f.Buffer.Write(b)
}

// Lines that can't be written are counted too.
func TestQueueFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &failing{broken: true}
		q := NewQueue(out, text)
		for range 3 {
			_, _ = io.WriteString(q, "lost\n")
		}
		synctest.Wait()
		out.broken = false
		_, _ = io.WriteString(q, "found\n")
		q.Close(time.Hour)
		if got := out.String(); q.Dropped() != 3 || strings.Count(got, "\n") != 2 || !strings.HasSuffix(got, "lines=3\nfound\n") {
			t.Errorf("%d dropped, %q", q.Dropped(), got)
		}
	})
}

// Lines of many goroutines are whole.
func TestQueueIsConcurrent(t *testing.T) {
	var out bytes.Buffer
	q := NewQueue(&out, text)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 1000 {
				_, _ = io.WriteString(q, "0123456789\n")
			}
		})
	}
	writers.Wait()
	q.Close(time.Minute)
	if out.String() != strings.Repeat("0123456789\n", 8000) || q.Dropped() != 0 {
		t.Errorf("%d bytes, %d dropped", out.Len(), q.Dropped())
	}
}
