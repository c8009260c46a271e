package pages

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// makeFile returns the bytes of a file with small and large buckets, long values, and
// free pages, and which of its pages are in use besides the meta pages.
func makeFile(t testing.TB) (content []byte, used []int) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "test.db")
	b, err := bbolt.Open(name, 0o600, &bbolt.Options{PageSize: 4096, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	update := func(f func(tx *bbolt.Tx) error) {
		if err := b.Update(f); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 6 {
		update(func(tx *bbolt.Tx) error {
			for _, bucket := range []string{"large", "small", "long"} {
				in, err := tx.CreateBucketIfNotExists([]byte(bucket))
				if err != nil {
					return err
				}
				n, size := 3000, 20
				switch bucket {
				case "small":
					n, size = 3, 10
				case "long":
					n, size = 4, 9000
				}
				for range n {
					if err := in.Put(fmt.Appendf(nil, "%08d", random.IntN(1e8)), make([]byte, size)); err != nil {
						return err
					}
				}
				if c := in.Cursor(); round > 2 {
					for k, _ := c.First(); k != nil && k[0] < '4'; k, _ = c.First() {
						if err := c.Delete(); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
	}
	err = b.View(func(tx *bbolt.Tx) error {
		for id := 2; ; id++ {
			info, err := tx.Page(id)
			if info == nil || err != nil {
				return err
			}
			if info.Type != "free" {
				used = append(used, id)
				id += info.OverflowCount
			}
		}
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	content, err = os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content, used
}

func checkBytes(b []byte) error { return Check(bytes.NewReader(b), int64(len(b)), math.MaxInt) }

func TestCheck(t *testing.T) {
	good, used := makeFile(t)
	if err := checkBytes(good); err != nil {
		t.Fatal(err)
	}
	if len(used) < 50 {
		t.Fatalf("%d pages in use", len(used))
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, id := range used {
		page := func(b []byte) []byte { return b[id*4096:][:4096] }
		for what, damage := range map[string]func(b []byte){
			"zeros": func(b []byte) { clear(b) },
			"random": func(b []byte) {
				for i := range b {
					b[i] = byte(random.Uint32())
				}
			},
			"another page": func(b []byte) { copy(b, good[used[0]*4096:][:4096]); b[0] ^= 0x80 },
			"kind":         func(b []byte) { b[8] ^= 0x03 },
			"long":         func(b []byte) { b[14] = 1 },
		} {
			b := bytes.Clone(good)
			damage(page(b))
			if err := checkBytes(b); !errors.Is(err, ErrDamaged) {
				t.Errorf("page %d, %s: %v", id, what, err)
			}
		}
	}
}

// With the newer meta page missing, the last change would be too.
func TestMetaPages(t *testing.T) {
	good, _ := makeFile(t)
	for id := range 2 {
		b := bytes.Clone(good)
		clear(b[id*4096:][:4096])
		if err := checkBytes(b); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "meta page is wrong") {
			t.Errorf("without meta page %d: %v", id, err)
		}
	}
}

func TestCut(t *testing.T) {
	good, _ := makeFile(t)
	whole, err := open(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	for size := 0; size < len(good); size += 777 {
		err := checkBytes(good[:size])
		if cut := int64(size) < int64(whole.pages)*4096; cut != errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d of %d bytes: %v", size, len(good), err)
		}
	}
}

// A search must not go around in a circle.
func TestCircle(t *testing.T) {
	good, _ := makeFile(t)
	f, err := open(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for id := uint64(2); id < f.pages; id++ {
		p, err := f.read(id)
		if err != nil || p.flags != flagBranch {
			continue
		}
		b := bytes.Clone(good)
		b[id*4096+headerSize+8], b[id*4096+headerSize+9] = byte(id), byte(id>>8) // the first page below
		err = checkBytes(b)
		found = found || err != nil && strings.Contains(err.Error(), "used twice")
	}
	if !found {
		t.Error("no circle was found")
	}
}

// At most max pages are read, those at the top first.
func TestMax(t *testing.T) {
	good, _ := makeFile(t)
	r := &counter{Reader: bytes.NewReader(good)}
	if err := Check(r, int64(len(good)), 10); err != nil {
		t.Fatal(err)
	}
	if n := r.pages; n < 10 || n > 20 {
		t.Errorf("%d pages read", n)
	}
}

type counter struct {
	*bytes.Reader
	pages int
}

func (c *counter) ReadAt(b []byte, at int64) (int, error) {
	if len(b) >= 4096 {
		c.pages += len(b) / 4096
	}
	return c.Reader.ReadAt(b, at)
}

func FuzzCheck(f *testing.F) {
	good, used := makeFile(f)
	for _, id := range used[:3] {
		f.Add(id*4096+9, []byte{1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, at int, change []byte) {
		b := bytes.Clone(good)
		if at >= 0 && at < len(b) {
			copy(b[at:], change)
		}
		if err := checkBytes(b); err != nil && !errors.Is(err, ErrDamaged) {
			t.Error(err)
		}
	})
}

// A limit below the size of the file is used up, from the top.
func TestCheckReadsUpToItsLimit(t *testing.T) {
	good, used := makeFile(t)
	for most := 1; most <= len(good)/4096; most++ {
		r := &readPages{ReaderAt: bytes.NewReader(good), seen: map[int64]bool{}}
		if err := Check(r, int64(len(good)), most); err != nil {
			t.Fatal(err)
		}
		delete(r.seen, 0)
		delete(r.seen, 1)
		// Long pages count more than once.
		if n := len(r.seen); n > most || n < min(most/3, len(used)) || most == len(good)/4096 && n != len(used) {
			t.Errorf("%d pages were read of up to %d; %d are in use", n, most, len(used))
		}
	}
}

// readPages notes which pages were read.
type readPages struct {
	io.ReaderAt
	seen map[int64]bool
}

func (r *readPages) ReadAt(b []byte, at int64) (int, error) {
	r.seen[at/4096] = true
	return r.ReaderAt.ReadAt(b, at)
}
