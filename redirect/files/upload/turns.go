package upload

import (
	"context"
	"sync"

	"snomredirect/store"
)

// maxWaiting bounds the uploads of an account, each of which has a text in memory.
const maxWaiting = 16

// turns lets one check run at a time. Of an account, one at most waits for that, and the
// others for it.
type turns struct {
	service chan struct{}

	mu       sync.Mutex
	accounts map[store.AccountID]*line
}

// A line is those of an account who wait or run.
type line struct {
	turn chan struct{}
	n    int
}

func newTurns() turns {
	return turns{service: make(chan struct{}, 1), accounts: map[store.AccountID]*line{}}
}

// run runs f in turn. It returns f's error, ctx's if that ends first, or store.ErrBusy.
func (t *turns) run(ctx context.Context, account store.AccountID, f func() error) error {
	l, err := t.join(account)
	if err != nil {
		return err
	}
	defer t.leave(account, l)
	// Senders that wait for a channel are served in their order.
	for _, turn := range []chan struct{}{l.turn, t.service} {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return f()
}

func (t *turns) join(account store.AccountID) (*line, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.accounts[account]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		t.accounts[account] = l
	}
	if l.n == maxWaiting {
		return nil, store.ErrBusy
	}
	l.n++
	return l, nil
}

func (t *turns) leave(account store.AccountID, l *line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.n--; l.n == 0 {
		delete(t.accounts, account)
	}
}
