package sraps

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/redirect/sraps/hawk"
	"snomredirect/store"
)

// maxSkew is how far the time in a signature may be from the service's.
const maxSkew = time.Minute

// A login is what a request proves.
type login struct {
	request *http.Request
	header  hawk.Header
	target  hawk.Target
	from    netip.Addr
}

// signed returns what a request's Authorization header claims.
func (h *handler) signed(r *http.Request) (l login, err error) {
	l = login{request: r, target: hawk.TargetOf(r, overHTTPS(r)), from: store.ClientAddr(r.RemoteAddr)}
	if l.header, err = hawk.Parse(r.Header.Get("Authorization")); err != nil {
		return l, denied{challenge, "The request is not signed by Hawk with an API key: " + err.Error() + "."}
	}
	return l, nil
}

// overHTTPS reports whether the tool has sent a request over HTTPS, here or to a proxy in
// front. Whoever lies gets wrong links, or a signature that doesn't match.
func overHTTPS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// challenge is the WWW-Authenticate header of a request that is not signed.
const challenge = "Hawk"

// A denied error is why a login is refused: the WWW-Authenticate header and a sentence.
type denied struct{ header, why string }

func (d denied) Error() string        { return d.why }
func (d denied) Is(target error) bool { return target == store.ErrDenied }

// freshen lets a call see all changes that were made elsewhere before. If that is not sure,
// the answer says how old what the call sees is (RFC 9111, section 5.1).
func (h *handler) freshen(ctx context.Context, c echo.Context) {
	if at := h.Fresh(ctx); !at.IsZero() {
		c.Response().Header().Set("Age", strconv.Itoa(int(time.Since(at).Seconds())))
	}
}

// login returns the account whose API key has signed the request, if it was just now.
func (h *handler) login(ctx context.Context, l login) (store.Account, error) {
	now, stale := time.Now(), ""
	a, err := h.Login(ctx, l.header.ID, l.from, func(secret string) bool {
		if !l.header.Signed(secret, l.target) {
			return false
		}
		if skew := now.Sub(time.Unix(l.header.TS, 0)); skew > maxSkew || skew < -maxSkew {
			stale = hawk.Stale(secret, now)
		}
		return true
	})
	switch {
	case err == nil && stale == "":
		return a, nil
	case err == nil:
		err = denied{stale, "The request was signed more than a minute ago, or the tool's clock is wrong: the header WWW-Authenticate has the time."}
	case errors.Is(err, store.ErrDenied):
		err = denied{challenge, "There is no such API key, or the signature is not of this request with that key."}
	}
	level, refusal, why := slog.LevelInfo, err, "wrong name or key" // as in the filter for fail2ban
	if stale != "" {
		why = "signed at another time"
	}
	if !errors.Is(err, store.ErrDenied) {
		level, refusal, why = slog.LevelDebug, unavailable{err}, err.Error() // nothing limits how many these are
		if !errors.Is(err, store.ErrBusy) && ctx.Err() == nil {
			h.Log.Error("login", "error", err)
		}
	}
	h.Log.Log(ctx, level, "login refused", "user", l.header.ID[:min(len(l.header.ID), 64)], "from", l.request.RemoteAddr, "by", "API key over SRAPS", "why", why)
	return store.Account{}, refusal
}

// checkPayload checks a body against its hash in the signature, if there is one.
func (l login) checkPayload(body []byte) error {
	if l.header.Hash == "" || l.header.Hash == hawk.PayloadHash(l.request.Header.Get("Content-Type"), body) {
		return nil
	}
	return denied{challenge, "The hash in the signature is not that of this body and Content-Type."}
}
