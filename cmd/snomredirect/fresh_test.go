package main

import (
	"context"
	"errors"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A claim that was made on another node is found, and only one that is not found is looked
// for again.
func TestProvingTwice(t *testing.T) {
	fails := errors.New("no disk")
	for _, c := range []struct {
		errs         []error // of the first look and the second one
		want         error
		looks, fresh int
	}{
		{[]error{nil}, nil, 1, 0},
		{[]error{fails}, fails, 1, 0},
		{[]error{store.ErrNoClaim, nil}, nil, 2, 1},
		{[]error{store.ErrNoClaim, store.ErrNoClaim}, store.ErrNoClaim, 2, 1},
	} {
		looks, fresh := 0, 0
		prove := provingTwice(func(macaddr.Addr, string) error { looks++; return c.errs[looks-1] }, func(context.Context) { fresh++ })
		if err := prove(macaddr.Addr{}, "code"); err != c.want || looks != c.looks || fresh != c.fresh {
			t.Errorf("%v: %v after %d looks and %d waits", c.errs, err, looks, fresh)
		}
	}
	looks := 0
	alone := provingTwice(func(macaddr.Addr, string) error { looks++; return store.ErrNoClaim }, nil)
	if err := alone(macaddr.Addr{}, "code"); err != store.ErrNoClaim || looks != 1 {
		t.Errorf("a single node: %v after %d looks", err, looks)
	}
}
