package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"snomredirect/store"
)

// An account with one session waits for one turn of each other account, however many
// sessions those have. Turns that nobody waits for any more go to the next one.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newTurns()
		all.free = 1
		done, err := all.take(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		order := make(chan store.AccountID, 20)
		hold := make(chan struct{})
		wait := func(ctx context.Context, account store.AccountID) {
			go func() {
				done, err := all.take(ctx, account)
				if err != nil {
					order <- 0
					return
				}
				order <- account
				<-hold
				done()
			}()
			synctest.Wait()
		}
		for range 3 {
			wait(t.Context(), 1)
		}
		gone, leave := context.WithCancel(t.Context())
		wait(gone, 3)
		wait(t.Context(), 2)
		leave()
		synctest.Wait()
		if got := <-order; got != 0 || len(order) != 0 {
			t.Fatalf("%d had a turn, %d more", got, len(order))
		}
		done()
		for i, want := range []store.AccountID{1, 2, 1, 1} {
			synctest.Wait()
			if got := <-order; got != want || len(order) != 0 {
				t.Errorf("turn %d is of account %d, want %d; %d more", i, got, want, len(order))
			}
			hold <- struct{}{}
		}
		synctest.Wait()
		if all.free != 1 || len(all.order) != 0 || len(all.waiting) != 0 {
			t.Errorf("afterwards: %+v", all)
		}
		if _, err := all.take(gone, 1); !errors.Is(err, context.Canceled) || all.free != 1 {
			t.Errorf("%v, %d free", err, all.free)
		}
	})
}
