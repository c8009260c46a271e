package files

import (
	"bytes"
	"errors"
	"testing"

	"snomredirect/store"
)

// No request of what doesn't exist stays in memory, and what does is bounded.
func TestCacheIsBounded(t *testing.T) {
	m := newStore(t)
	c, _, _ := newTest(m)
	h := &handler{c, newCache()}
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
