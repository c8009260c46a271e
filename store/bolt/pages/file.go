// Package pages checks the pages of a bbolt file by plain reads. bbolt itself maps
// the file into memory and believes what it reads there: a page that is wrong ends the
// program, or an endless search, sooner or later.
//
// The format is that of bbolt 1.5 (internal/common in its source), in the byte order of
// the machine. Pages have no checksums, except the two meta pages: what is found is a
// page that can't be what bbolt has written, not a changed bit inside a record.
package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// ErrDamaged is returned for a file that bbolt has not written as it is.
var ErrDamaged = errors.New("damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// Sizes in bytes, and what marks the kinds of pages.
const (
	headerSize  = 16 // of a page: id, flags, count, overflow
	elementSize = 16 // of a branch: pos, ksize, pgid; of a leaf: flags, pos, ksize, vsize
	metaSize    = 64

	minPageSize = 1 << 10
	maxPageSize = 1 << 24

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10
	bucketLeaf   = 0x01 // of a leaf's element

	magic, version = 0xED0CDAED, 2
	noFreelist     = ^uint64(0)
)

// A meta is a meta page: the newer of the two says what is in the file.
type meta struct {
	pageSize       int64
	root, freelist uint64 // pages
	pages          uint64 // in use, with those that are free again
	transaction    uint64
}

// A file is a bbolt file and its newer meta page.
type file struct {
	io.ReaderAt
	meta
}

// open reads the meta pages. size is that of the file in bytes.
func open(r io.ReaderAt, size int64) (file, error) {
	var newest *meta
	for pageSize := int64(minPageSize); pageSize <= maxPageSize && pageSize < size; pageSize *= 2 {
		for _, at := range []int64{0, pageSize} {
			m, err := readMeta(r, at)
			if err != nil {
				return file{}, err
			}
			if m != nil && m.pageSize == pageSize && (newest == nil || m.transaction > newest.transaction) {
				newest = m
			}
		}
	}
	switch {
	case newest == nil:
		return file{}, damaged("no valid meta page")
	case newest.pages < 4 || newest.pages > uint64(size/newest.pageSize):
		return file{}, damaged("%d bytes are missing at its end", int64(min(newest.pages, 1<<38))*newest.pageSize-size)
	}
	return file{r, *newest}, nil
}

// readMeta returns nil if there is no valid meta page.
func readMeta(r io.ReaderAt, at int64) (*meta, error) {
	var b [headerSize + metaSize]byte
	if _, err := r.ReadAt(b[:], at); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	m, order := b[headerSize:], binary.NativeEndian
	sum := fnv.New64a()
	sum.Write(m[:metaSize-8])
	if order.Uint32(m) != magic || order.Uint32(m[4:]) != version || order.Uint64(m[metaSize-8:]) != sum.Sum64() {
		return nil, nil
	}
	return &meta{
		pageSize:    int64(order.Uint32(m[8:])),
		root:        order.Uint64(m[16:]),
		freelist:    order.Uint64(m[32:]),
		pages:       order.Uint64(m[40:]),
		transaction: order.Uint64(m[48:]),
	}, nil
}

// A page is a page with those that it overflows into, or one inside a bucket's value.
type page struct {
	b      []byte
	flags  uint16
	count  int
	number int // of pages
}

func parse(b []byte) page {
	return page{b: b, flags: binary.NativeEndian.Uint16(b[8:]), count: int(binary.NativeEndian.Uint16(b[10:])), number: 1}
}

// read reads the page with that ID.
func (f file) read(id uint64) (page, error) {
	if id < 2 || id >= f.pages {
		return page{}, damaged("page %d is outside the file", id)
	}
	b := make([]byte, f.pageSize)
	if _, err := f.ReadAt(b, int64(id)*f.pageSize); err != nil {
		return page{}, err
	}
	if binary.NativeEndian.Uint64(b) != id {
		return page{}, damaged("page %d has another number", id)
	}
	overflow := uint64(binary.NativeEndian.Uint32(b[12:]))
	if overflow >= f.pages-id {
		return page{}, damaged("page %d is longer than the file", id)
	}
	if overflow > 0 {
		b = make([]byte, int64(1+overflow)*f.pageSize)
		if _, err := f.ReadAt(b, int64(id)*f.pageSize); err != nil {
			return page{}, err
		}
	}
	p := parse(b)
	p.number += int(overflow)
	return p, nil
}

// An element is one of a branch, with the page below it, or of a leaf.
type element struct {
	key, value []byte
	below      uint64
	bucket     bool
}

// element returns the element number i, and reports whether it is inside the page.
func (p page) element(i int) (e element, ok bool) {
	at, order := headerSize+i*elementSize, binary.NativeEndian
	if at+elementSize > len(p.b) {
		return e, false
	}
	b := p.b[at:]
	var pos, key, value int64
	if p.flags == flagBranch {
		pos, key, e.below = int64(order.Uint32(b)), int64(order.Uint32(b[4:])), order.Uint64(b[8:])
	} else {
		e.bucket = order.Uint32(b)&bucketLeaf != 0
		pos, key, value = int64(order.Uint32(b[4:])), int64(order.Uint32(b[8:])), int64(order.Uint32(b[12:]))
	}
	if pos < elementSize || pos+key+value > int64(len(b)) {
		return e, false
	}
	e.key, e.value = b[pos:pos+key], b[pos+key:pos+key+value]
	return e, true
}
