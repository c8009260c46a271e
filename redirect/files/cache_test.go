package files

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"snomredirect/redirect/files/template"
	"snomredirect/store"
)

// No request of what doesn't exist stays in memory, and what does is bounded.
func TestCacheIsBounded(t *testing.T) {
	m := newStore(t)
	c, _, _ := newTest(m)
	h := &handler{Config: c, cache: newCache()}
	for range 3 * maxCached {
		x := &exchange{request: request{token: store.NewFileToken(), name: "x", template: noName}}
		if _, err := h.load(x, store.FileSpace{}, "none.htm"); !errors.Is(err, store.ErrNoFile) {
			t.Fatal(err)
		}
	}
	if n := h.cache.files.Len(); n != 0 {
		t.Errorf("%d files that don't exist", n)
	}
	for i := range store.AccountID(200) {
		h.cache.put(place{i, "a"}, &content{text: bytes.Repeat([]byte("x"), 1), size: 1 << 20})
	}
	if h.cache.bytes > maxCachedBytes || h.cache.bytes < maxCachedBytes/2 {
		t.Errorf("%d bytes", h.cache.bytes)
	}
}

// The cache counts what files take in memory, also those that are made to take much.
func TestCachedSize(t *testing.T) {
	m := newStore(t)
	c, _, _ := newTest(m)
	c.ParseTemplate = func(_ store.FileName, text []byte) (Template, error) { return template.Parse(text) }
	c.ParseRows = func(text []byte) (Rows, error) { rows, err := template.ParseRows(text); return Rows(rows), err }
	h := &handler{Config: c, cache: newCache()}
	texts := map[string]store.File{strings.Repeat("${a}", 9000): {Name: "a.htm"}}
	for columns, rows := range map[int]int{2: 18_000, 9: 11_000, 64: 1500} {
		b := strings.Builder{}
		b.WriteString("mac")
		for i := range columns - 1 {
			fmt.Fprintf(&b, ",c%d", i)
		}
		for i := range rows {
			fmt.Fprintf(&b, "\n%012X%s", 0x000413000000+i, strings.Repeat(",", columns-1))
		}
		texts[b.String()] = store.File{Name: store.PhonesFile}
	}
	heap := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	for text, file := range texts {
		before := heap()
		c, err := h.parse(file, []byte(text), store.FileSpace{})
		if err != nil {
			t.Fatalf("%.50q: %v", text, err)
		}
		if n := int(heap() - before); n > c.size+c.size/4 || c.size > maxCachedBytes/3 {
			t.Errorf("%.50q: %d bytes, counted as %d", text, n, c.size)
		}
		runtime.KeepAlive(c)
	}
}
