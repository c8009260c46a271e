package rds

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/store"
)

// An unavailable error is why a call can't be served now.
type unavailable struct{ error }

func (u unavailable) Unwrap() error { return u.error }

// login returns the account whose name and password the request has. If the store may
// lack changes, the answer says how old it is.
func (h *handler) login(ctx context.Context, c echo.Context, from netip.Addr) (store.Account, error) {
	r := c.Request()
	name, password, ok := r.BasicAuth()
	if !ok {
		return store.Account{}, store.ErrDenied
	}
	a, err := h.Login(ctx, name, password, from)
	if at := h.Stale(); !at.IsZero() {
		c.Response().Header().Set("Age", strconv.Itoa(int(time.Since(at).Seconds())))
	}
	if err == nil {
		return a, nil
	}
	level, refusal := slog.LevelInfo, err
	if !errors.Is(err, store.ErrDenied) {
		// Wrong passwords are logged at info because hashing limits their rate.
		// Nothing limits these, so clients could flood the log.
		level, refusal = slog.LevelDebug, unavailable{err}
		if !errors.Is(err, store.ErrBusy) && ctx.Err() == nil {
			h.Log.Error("login", "error", err)
		}
	}
	h.Log.Log(ctx, level, "login refused", "user", name[:min(len(name), 64)], "from", r.RemoteAddr, "by", "password over XML-RPC", "why", err)
	return store.Account{}, refusal
}
