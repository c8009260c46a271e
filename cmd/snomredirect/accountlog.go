package main

import (
	"context"
	"log/slog"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Bounds of the lines that accounts cause, so that none can fill the log: the history
// has its changes.
const (
	maxAccountLines = 600 // of one account in a minute
	maxLinesOf      = 4096
)

// An accountLog is a handler that logs the lines of an account beyond the bound at
// debug. Errors are always logged.
type accountLog struct {
	slog.Handler
	account string // that all lines have, or ""
	lines   *accountLines
}

// accountLines counts the lines of accounts, in a limited number of which the one that
// was quiet for longest is forgotten.
type accountLines struct {
	mu       sync.Mutex
	accounts *simplelru.LRU[string, logMinute]
}

func newAccountLog(h slog.Handler) slog.Handler {
	accounts, err := simplelru.NewLRU[string, logMinute](maxLinesOf, nil)
	if err != nil {
		panic(err) // only for a size of zero or less
	}
	return accountLog{Handler: h, lines: &accountLines{accounts: accounts}}
}

// WithAttrs implements [slog.Handler].
func (h accountLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.see(a)
	}
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup implements [slog.Handler].
func (h accountLog) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}

func (h *accountLog) see(a slog.Attr) {
	if a.Key == "account" {
		h.account = a.Value.String()
	}
}

// Handle implements [slog.Handler].
func (h accountLog) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool { h.see(a); return true })
	if h.account == "" || r.Level < slog.LevelInfo || r.Level >= slog.LevelError {
		return h.Handler.Handle(ctx, r)
	}
	h.lines.mu.Lock()
	minute, _ := h.lines.accounts.Get(h.account)
	ok := minute.add(r.Time, maxAccountLines)
	h.lines.accounts.Add(h.account, minute)
	h.lines.mu.Unlock()
	if minute.lines == maxAccountLines+1 {
		more := slog.NewRecord(r.Time, slog.LevelWarn, "too many lines of an account: the others of this minute are at debug", r.PC)
		more.Add("name", h.account)
		if err := h.Handler.Handle(ctx, more); err != nil {
			return err
		}
	}
	if !ok {
		if r.Level = slog.LevelDebug; !h.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}
