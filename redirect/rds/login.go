package rds

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/store"
)

// An unavailable error is why a call can't be served now.
type unavailable struct{ error }

func (u unavailable) Unwrap() error { return u.error }

// freshen lets a call see all changes that were made elsewhere before. If that is not sure,
// the answer says how old what the call sees is (RFC 9111, section 5.1).
func (h *handler) freshen(ctx context.Context, c echo.Context) {
	if at := h.Fresh(ctx); !at.IsZero() {
		c.Response().Header().Set("Age", strconv.Itoa(int(time.Since(at).Seconds())))
	}
}

// login returns the account whose name and password the request has.
func (h *handler) login(ctx context.Context, r *http.Request, from netip.Addr) (store.Account, error) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return store.Account{}, store.ErrDenied
	}
	a, err := h.Login(ctx, name, password, from)
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
