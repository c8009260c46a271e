package integration

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
)

// sector is how much a disk writes at once, in bytes.
const sector = 512

// A disk is what a file system promises after a power cut, and no more: what was synced
// is there. Of the rest, each sector of a write may be there or not, in any order. Names
// are there if their folder was synced; of the changes of names since then, the first
// ones may be there too.
type disk struct {
	files   []*diskFile
	current map[string]int // the index in files, by path
	synced  map[string]int // the same, as it was when the folder was synced last
	renamed []operation    // since then
	lost    string         // the folder, as long as the one above is not synced that has its name
}

// A diskFile is a file, whatever its name.
type diskFile struct {
	synced  []byte
	written []operation // since then: writes and truncates
}

// newDisk returns a disk on which files are synced.
func newDisk(files map[string][]byte) *disk {
	d := &disk{current: map[string]int{}, synced: map[string]int{}}
	for path, content := range files {
		d.current[path], d.synced[path] = len(d.files), len(d.files)
		d.files = append(d.files, &diskFile{synced: slices.Clone(content)})
	}
	return d
}

// do does an operation.
func (d *disk) do(o operation) {
	switch o.call {
	case "write", "truncate":
		if i, ok := d.current[o.path]; ok {
			d.files[i].written = append(d.files[i].written, o)
		}
	case "mkdir":
		d.lost = o.path
	case "sync":
		if d.lost != "" && o.path == filepath.Dir(d.lost) {
			d.lost = ""
			return
		}
		d.sync(o.path)
	case "open":
		if _, ok := d.current[o.path]; ok {
			return
		}
		d.files = append(d.files, &diskFile{})
		o.offset = int64(len(d.files) - 1)
		d.rename(o)
	case "rename", "link", "unlink":
		d.rename(o)
	}
}

func (d *disk) rename(o operation) {
	d.renamed = append(d.renamed, o)
	change(d.current, o)
}

// change does to names what an operation did.
func change(names map[string]int, o operation) {
	switch o.call {
	case "open":
		names[o.path] = int(o.offset)
	case "link", "rename":
		if i, ok := names[o.path]; ok {
			names[o.to] = i
		}
	}
	if o.call == "rename" || o.call == "unlink" {
		delete(names, o.path)
	}
}

func (d *disk) sync(path string) {
	if i, ok := d.current[path]; ok {
		f := d.files[i]
		for _, o := range f.written {
			f.synced = apply(f.synced, o)
		}
		f.written = nil
		return
	}
	for _, o := range d.renamed {
		change(d.synced, o)
	}
	d.renamed = nil
}

// apply does a write or a truncate to content.
func apply(content []byte, o operation) []byte {
	end := int(o.offset) + len(o.data)
	if more := end - len(content); more > 0 {
		content = append(content, make([]byte, more)...)
	}
	if o.call == "truncate" {
		return content[:end]
	}
	copy(content[o.offset:], o.data)
	return content
}

// A fate decides what survives of what was not synced.
type fate struct {
	names   func(n int) int                     // how many of n changes of names
	written func(o operation, last bool) []bool // of the sectors of a write; of a truncate one
}

func all(survive bool) func(operation, bool) []bool {
	return func(o operation, _ bool) []bool { return slices.Repeat([]bool{survive}, len(o.data)/sector+1) }
}

// fates are the worst that can happen, and some that are random.
func fates(random *rand.Rand, n int) []fate {
	most, none := func(n int) int { return n }, func(int) int { return 0 }
	last := func(o operation, last bool) []bool { return all(last)(o, last) }
	fates := []fate{{none, all(false)}, {most, all(false)}, {most, last}, {none, last}, {most, all(true)}, {none, all(true)}}
	for range n {
		likely := []float64{0.1, 0.5, 0.9}[random.IntN(3)]
		fates = append(fates, fate{
			func(n int) int { return random.IntN(n + 1) },
			func(o operation, _ bool) (survive []bool) {
				for range len(o.data)/sector + 1 {
					survive = append(survive, random.Float64() < likely)
				}
				return survive
			},
		})
	}
	return fates
}

// after returns the files after a power cut, by their names in the folder.
func (d *disk) after(f fate) map[string][]byte {
	names := map[string]int{}
	if d.lost != "" && f.names(1) == 0 {
		return nil
	}
	for path, i := range d.synced {
		names[path] = i
	}
	for _, o := range d.renamed[:f.names(len(d.renamed))] {
		change(names, o)
	}
	left := map[string][]byte{}
	for path, i := range names {
		content := slices.Clone(d.files[i].synced)
		for n, o := range d.files[i].written {
			content = survivors(content, o, f.written(o, n == len(d.files[i].written)-1))
		}
		left[filepath.Base(path)] = content
	}
	return left
}

// survivors does those parts of a write that survive.
func survivors(content []byte, o operation, survive []bool) []byte {
	if o.call == "truncate" {
		if survive[0] {
			content = apply(content, o)
		}
		return content
	}
	for i, data := range slices.Collect(slices.Chunk(o.data, sector)) {
		if survive[i] {
			content = apply(content, operation{call: "write", data: data, offset: o.offset + int64(i*sector)})
		}
	}
	return content
}

// kinds returns what each sync is for, by its index, such as "snomredirect.db: meta page".
// Files that get their name later go by that.
func kinds(operations []operation) map[int]string {
	later := map[string]string{}
	for _, o := range operations {
		if o.to != "" {
			later[o.path] = o.to
		}
	}
	kinds, d := map[int]string{}, newDisk(nil)
	for n, o := range operations {
		if o.call == "sync" {
			if i, ok := d.current[o.path]; d.lost != "" && o.path == filepath.Dir(d.lost) {
				kinds[n] = "the data folder's name"
			} else if !ok {
				kinds[n] = "names:" + namesChanged(d.renamed)
			} else if to, ok := later[o.path]; ok {
				kinds[n] = filepath.Base(to) + ": new"
			} else {
				kinds[n] = filepath.Base(o.path) + ": " + pagesOf(d.files[i].written)
			}
		}
		d.do(o)
	}
	return kinds
}

func namesChanged(changes []operation) string {
	text := ""
	for _, o := range changes {
		if o.to != "" {
			text += " " + filepath.Base(o.to)
		}
	}
	return text
}

// pagesOf tells which pages of a database were written.
func pagesOf(written []operation) string {
	const pageSize = 4096
	for _, o := range written {
		switch {
		case o.call == "truncate":
			return "size"
		case o.offset >= 2*pageSize:
			return "pages"
		}
	}
	return strings.Repeat("meta page", min(1, len(written)))
}
