// Package lines takes care of the lines of a log: nobody who logs one waits for whoever
// reads them, and the same error again and again is joined into one line a minute.
package lines

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxQueued bounds the lines that wait to be written, in bytes.
const maxQueued = 1 << 20

// A Queue is a writer of whole lines that never waits: a goroutine writes them, in
// their order. Lines that find the queue full are dropped until it is half empty again,
// and so are those that can't be written. In their place goes a line that says how
// many. A Queue is safe for concurrent use.
type Queue struct {
	out    io.Writer
	format func(io.Writer) slog.Handler

	mu      sync.Mutex
	changed *sync.Cond
	lines   []line
	bytes   int  // of lines
	full    bool // until it is half empty
	lost    int  // lines dropped since the last one that was queued
	closed  bool
	ended   chan struct{}

	dropped atomic.Int64
}

// A line is text that waits to be written, after lost others that were dropped.
type line struct {
	text []byte
	lost int
}

// NewQueue returns a Queue that writes to out. The line about dropped ones is written
// by a handler that format returns.
func NewQueue(out io.Writer, format func(io.Writer) slog.Handler) *Queue {
	q := &Queue{out: out, format: format, ended: make(chan struct{})}
	q.changed = sync.NewCond(&q.mu)
	go q.run()
	return q
}

// Write queues a line or drops it. It returns no error.
func (q *Queue) Write(text []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full = q.full || q.bytes+len(text) > maxQueued; q.full || q.closed {
		q.lost++
		q.dropped.Add(1)
		return len(text), nil
	}
	q.lines = append(q.lines, line{slices.Clone(text), q.lost})
	q.bytes += len(text)
	q.lost = 0
	q.changed.Signal()
	return len(text), nil
}

// Dropped returns how many lines were dropped.
func (q *Queue) Dropped() int64 { return q.dropped.Load() }

// Close waits until the queue is empty, but at most for a time. Later lines are
// dropped.
func (q *Queue) Close(atMost time.Duration) {
	q.mu.Lock()
	q.closed = true
	q.changed.Signal()
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-time.After(atMost):
	}
}

// run writes lines until the queue is closed and empty.
func (q *Queue) run() {
	defer close(q.ended)
	lost := 0
	for {
		l, ok := q.next()
		if !ok {
			return
		}
		if lost += l.lost; lost > 0 && q.write(q.lineAbout(lost)) {
			lost = 0
		}
		if len(l.text) > 0 && !q.write(l.text) {
			lost++
			q.dropped.Add(1)
		}
	}
}

// next waits for the next line and returns it. It has no text if lines were dropped
// after the last one. ok is false if the queue is closed and empty.
func (q *Queue) next() (l line, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.lines) == 0 && q.lost == 0 && !q.closed {
		q.changed.Wait()
	}
	switch {
	case len(q.lines) > 0:
		l, q.lines = q.lines[0], q.lines[1:]
		q.bytes -= len(l.text)
		q.full = q.full && q.bytes > maxQueued/2
	case q.lost > 0:
		l.lost, q.lost = q.lost, 0
		q.full = false
	default:
		return line{}, false
	}
	return l, true
}

func (q *Queue) write(text []byte) (ok bool) {
	_, err := q.out.Write(text)
	return err == nil
}

// lineAbout returns the line about dropped ones, whatever the level of the log.
func (q *Queue) lineAbout(lost int) []byte {
	var text bytes.Buffer
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines dropped", 0)
	r.Add("lines", lost)
	_ = q.format(&text).Handle(context.Background(), r)
	return text.Bytes()
}
