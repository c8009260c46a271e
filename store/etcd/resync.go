package etcd

import (
	"context"
	"encoding/binary"
	"math"
	"time"

	"snomredirect/store/bolt"
)

// resync makes the replica what etcd had at a revision. Phones are answered meanwhile,
// from what was read already and what was there before.
func (n *Node) resync(ctx context.Context, at inspected) error {
	begun := time.Now()
	n.state.set(func(s *state) {
		s.whole, s.cluster, s.head, s.applied, s.seen = false, at.cluster, 0, 0, 0
		if s.sought != nil {
			s.sought.lost = true
		}
	})
	if err := n.SetReplicaOf(0, at.cluster); err != nil {
		return err
	}
	total := 0
	for _, letter := range []byte(bolt.Letters()) {
		read, err := n.windows(ctx, letter, at.revision, n.Replace)
		if err != nil {
			return err
		}
		total += read
	}
	if err := n.SetReplicaOf(at.revision, at.cluster); err != nil {
		return err
	}
	n.config.Log.Info("the replica was read from etcd", "records", total, "revision", at.revision, "took", time.Since(begun))
	n.config.Resynced()
	select {
	case n.accounts <- struct{}{}:
	default:
	}
	return nil
}

// windows calls f for all windows of the keys of a letter, in their order, with the records as they
// were at a revision; with 0, each window is as it is when it is read. It returns how many there are.
func (n *Node) windows(ctx context.Context, letter byte, revision int64, f func(from, to string, records []bolt.Write) error) (total int, err error) {
	w := newWindow(letter)
	for {
		p, err := n.read(ctx, span{from: w.from, to: w.to(), revision: revision, limit: w.limit, patience: time.Minute})
		if err != nil {
			return total, err
		}
		writes, size := make([]bolt.Write, 0, len(p.records)), 0
		for _, r := range p.records {
			writes = append(writes, bolt.Write{Key: r.key, Value: r.value})
			size += len(r.key) + len(r.value)
		}
		total += len(writes)
		from := w.from
		end := w.next(writes, size, p.more)
		if err := f(from, w.from, writes); err != nil {
			return total, err
		}
		if end {
			return total, nil
		}
	}
}

// Bounds of windows.
const (
	leastWindow = 32     // records
	mostWindow  = 10_000 // records
	windowBytes = 4 << 20
)

// A window is a range of a letter's keys that is read at once. etcd counts a whole range
// for each of its pages, so each page has a range of its own, about as large as what it
// may return.
type window struct {
	letter byte
	from   string
	width  uint64 // in the first eight bytes after the letter
	limit  int    // of records
}

func newWindow(letter byte) *window {
	return &window{letter, string(letter), math.MaxUint64, leastWindow}
}

// position returns where a key is among those of its letter.
func position(key string) uint64 {
	var b [8]byte
	copy(b[:], key[1:])
	return binary.BigEndian.Uint64(b[:])
}

// end returns the key after all those of the letter.
func (w *window) end() string { return string(w.letter + 1) }

// to returns the end of the window.
func (w *window) to() string {
	p := position(w.from)
	if w.width > math.MaxUint64-p {
		return w.end()
	}
	return string(binary.BigEndian.AppendUint64([]byte{w.letter}, p+w.width))
}

// next moves the window behind what was read, and makes it as wide as seems right. It
// reports whether there is no more.
func (w *window) next(read []bolt.Write, size int, more bool) (end bool) {
	from, to := w.from, w.to()
	if more && len(read) > 0 {
		last := read[len(read)-1].Key
		w.from = last + "\x00"
		each := (position(last) - position(from)) / uint64(len(read))
		w.resize(size)
		w.width = max(1, each) * uint64(w.limit)
		return false
	}
	w.from = to
	if len(read) < w.limit/2 {
		w.width = grown(w.width)
	}
	return to == w.end()
}

// resize changes the limit after a page of a size.
func (w *window) resize(size int) {
	switch {
	case size > windowBytes:
		w.limit = max(leastWindow, w.limit/4)
	case size < windowBytes/8:
		w.limit = min(mostWindow, w.limit*4)
	}
}

// grown returns four times a width, or the greatest.
func grown(width uint64) uint64 {
	if width > math.MaxUint64/4 {
		return math.MaxUint64
	}
	return width * 4
}
