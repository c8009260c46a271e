package pages

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Check reads up to max pages of a file of size bytes that nobody writes to: the
// freelist, then the pages in use from the top, so that the pages at which every search
// begins come first. The error is [ErrDamaged] with what is wrong, or that of reading.
func Check(r io.ReaderAt, size int64, max int) error {
	f, err := open(r, size)
	if err != nil {
		return err
	}
	c := check{file: f, seen: make([]byte, f.pages/8+1), left: max}
	if f.freelist != noFreelist {
		if err := c.checkFreelist(); err != nil {
			return err
		}
	}
	c.todo = append(c.todo, subtree{page: f.root})
	for len(c.todo) > 0 && c.left > 0 {
		next := c.todo[0]
		c.todo = c.todo[1:]
		if err := c.checkPage(next); err != nil {
			return err
		}
	}
	return nil
}

// CheckTop checks what a commit believes without looking: the size of a file, its meta
// pages, and how long the freelist is. It takes some microseconds. Nobody may write to
// the file meanwhile.
func CheckTop(r io.ReaderAt, size int64) error {
	f, err := open(r, size)
	if err != nil || f.freelist == noFreelist {
		return err
	}
	var b [headerSize]byte
	if _, err := r.ReadAt(b[:], int64(f.freelist)*f.pageSize); err != nil {
		return err
	}
	_, err = f.parse(f.freelist, b[:])
	return err
}

type check struct {
	file
	seen []byte // a bit for each page that is free or has been reached
	left int    // how many pages may still be read
	todo []subtree
}

// A subtree is a page and the bounds of the keys in it: at least from, and before to.
// There is no bound if they are nil.
type subtree struct {
	page     uint64
	from, to []byte
}

// take marks pages. Each page has one use.
func (c *check) take(id uint64, number int) error {
	c.left -= number
	for ; number > 0; id, number = id+1, number-1 {
		bit := byte(1) << (id % 8)
		if c.seen[id/8]&bit != 0 {
			return damaged("page %d is used twice", id)
		}
		c.seen[id/8] |= bit
	}
	return nil
}

func (c *check) checkFreelist() error {
	p, err := c.read(c.freelist)
	if err != nil {
		return err
	}
	if p.flags != flagFreelist {
		return damaged("page %d is not the freelist", c.freelist)
	}
	ids := p.b[headerSize:]
	n := uint64(p.count)
	if p.count == 0xFFFF { // the count itself is the first element
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		return damaged("the freelist is longer than its page")
	}
	if err := c.take(c.freelist, p.number); err != nil {
		return err
	}
	for ; n > 0; n, ids = n-1, ids[8:] {
		id := binary.NativeEndian.Uint64(ids)
		if id < 2 || id >= c.pages {
			return damaged("the freelist has page %d, which is outside the file", id)
		}
		if err := c.take(id, 1); err != nil {
			return err
		}
		c.left++ // it is not read
	}
	return nil
}

func (c *check) checkPage(s subtree) error {
	p, err := c.read(s.page)
	if err != nil {
		return err
	}
	if p.flags != flagBranch && p.flags != flagLeaf || p.flags == flagBranch && p.count == 0 {
		return damaged("page %d is neither a branch nor a leaf", s.page)
	}
	if err := c.take(s.page, p.number); err != nil {
		return err
	}
	return c.checkElements(p, s)
}

// checkElements checks the elements of a page, and adds the pages below it.
func (c *check) checkElements(p page, s subtree) error {
	var last []byte
	var from []byte // of the next page below
	for i := range p.count {
		e, ok := p.element(i)
		switch {
		case !ok:
			return damaged("element %d of page %d is outside the page", i, s.page)
		case i > 0 && bytes.Compare(e.key, last) <= 0,
			s.from != nil && bytes.Compare(e.key, s.from) < 0,
			s.to != nil && bytes.Compare(e.key, s.to) >= 0:
			return damaged("the keys of page %d are out of order", s.page)
		}
		last = e.key
		switch {
		case p.flags == flagBranch && len(c.todo) < c.left: // it will be read
			if from == nil {
				from = bytes.Clone(e.key)
			}
			below := subtree{e.below, from, s.to}
			if next, ok := p.element(i + 1); ok && i+1 < p.count {
				from = bytes.Clone(next.key)
				below.to = from
			}
			c.todo = append(c.todo, below)
		case e.bucket:
			if err := c.checkBucket(e.value, s.page); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkBucket checks a bucket's value: its root page, the last number of a sequence
// and, if the root is 0, a small page.
func (c *check) checkBucket(v []byte, in uint64) error {
	if len(v) < 16 {
		return damaged("a bucket in page %d is cut", in)
	}
	if root := binary.NativeEndian.Uint64(v); root != 0 {
		c.todo = append(c.todo, subtree{page: root})
		return nil
	}
	if v = v[16:]; len(v) < headerSize {
		return damaged("a bucket in page %d is cut", in)
	}
	p := parsePage(v)
	if p.flags != flagLeaf {
		return damaged("a bucket in page %d has no leaf", in)
	}
	return c.checkElements(p, subtree{page: in})
}
