package lines

import (
	"context"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// maxJoined bounds the different lines of a minute of which repeats are joined. Those
// beyond are logged as they come.
const maxJoined = 1024

// differing are the attributes that may differ in lines that are the same, because they
// say whose request it was.
var differing = []string{"mac", "from", "path", "stack"}

// A joiner is a handler that logs a line at warn or above once, and then at most once a
// minute with an attribute that says how often it was repeated.
type joiner struct {
	slog.Handler
	attrs uint64 // the hash of those of all lines
	lines *joined
}

// joined are the lines of the last minute, by their hashes.
type joined struct {
	seed maphash.Seed
	mu   sync.Mutex
	all  map[uint64]*repeats
}

// repeats are the lines that were left out since the last one that was logged.
type repeats struct {
	n       int
	last    slog.Record
	handler slog.Handler // of the last
}

// Join returns a handler that joins the repeats of lines at warn and above, and a
// function that logs at the end what was left out in the last minute.
func Join(h slog.Handler) (_ slog.Handler, flush func()) {
	j := &joined{seed: maphash.MakeSeed(), all: map[uint64]*repeats{}}
	return joiner{Handler: h, lines: j}, j.flush
}

// WithAttrs implements [slog.Handler].
func (h joiner) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.attrs = h.lines.add(h.attrs, a)
	}
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup implements [slog.Handler].
func (h joiner) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}

// Handle implements [slog.Handler].
func (h joiner) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn {
		return h.Handler.Handle(ctx, r)
	}
	key := h.lines.add(h.attrs, slog.Any(r.Level.String(), r.Message))
	r.Attrs(func(a slog.Attr) bool { key = h.lines.add(key, a); return true })
	if h.lines.repeated(key, r, h.Handler) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// add returns the hash of what key is the hash of and an attribute.
func (j *joined) add(key uint64, a slog.Attr) uint64 {
	if slices.Contains(differing, a.Key) {
		return key
	}
	return maphash.Comparable(j.seed, [3]any{key, a.Key, a.Value.String()})
}

// repeated reports whether a line was logged within a minute. Then it is counted, and
// logged with the others.
func (j *joined) repeated(key uint64, r slog.Record, h slog.Handler) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if again, ok := j.all[key]; ok {
		again.n++
		again.last, again.handler = r.Clone(), h
		return true
	}
	if len(j.all) < maxJoined {
		j.await(key)
	}
	return false
}

// await begins a minute in which a line is not repeated.
func (j *joined) await(key uint64) {
	j.all[key] = &repeats{}
	time.AfterFunc(time.Minute, func() { j.report(key) })
}

// report logs the last of a minute's repeats with their number, and forgets the line
// if there were none.
func (j *joined) report(key uint64) {
	j.mu.Lock()
	again := *j.all[key]
	if again.n > 0 {
		j.await(key)
	} else {
		delete(j.all, key)
	}
	j.mu.Unlock()
	again.log()
}

// flush logs the repeats of all lines.
func (j *joined) flush() {
	j.mu.Lock()
	var all []repeats
	for key, again := range j.all {
		all = append(all, *again)
		j.all[key] = &repeats{}
	}
	j.mu.Unlock()
	for _, again := range all {
		again.log()
	}
}

// log logs the last of repeats with their number, if there are any.
func (r repeats) log() {
	if r.n > 0 {
		r.last.Add("repeated", r.n)
		_ = r.handler.Handle(context.Background(), r.last)
	}
}
