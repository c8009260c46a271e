package redirect

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"snomredirect/store"
)

// maxLogged bounds what the log quotes of a request, in bytes.
const maxLogged = 200

// cut returns the beginning of what a client sent.
func cut(s string) string {
	if len(s) <= maxLogged {
		return s
	}
	return s[:maxLogged] + "..."
}

var errPanic = errors.New("panic")

func (h *handler) logPanic(c echo.Context, err error, stack []byte) error {
	h.Log.Error("panic", "path", cut(hideClaim(c.Request().URL.Path)), "error", err, "stack", string(stack))
	return errPanic
}

// log logs how a request was answered: at debug one line for each.
func (h *handler) log(r *http.Request, a *answer) {
	switch {
	case a.err != nil:
		h.Log.Error("request failed", "path", cut(hideClaim(r.URL.Path)), "error", a.err)
	case a.outcome == OtherCertificate:
		h.Log.Warn("phone requested another phone's settings", "mac", a.mac.String(), "certificate", a.proven.String(), "from", r.RemoteAddr)
	}
	ctx := r.Context()
	if a.outcome == "" || !h.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	mac := a.mac
	if !mac.IsValid() && a.refused() {
		mac = macOfRefused(r)
	}
	var attrs []any
	if mac.IsValid() {
		attrs = append(attrs, "mac", mac.String())
	}
	if a.model != "" {
		attrs = append(attrs, "model", cut(a.model))
	}
	attrs = append(attrs, "outcome", a.outcome)
	if a.outcome.SendsFile() {
		attrs = append(attrs, "format", a.format.String())
	}
	attrs = append(attrs, "from", r.RemoteAddr, "method", cut(r.Method), "path", cut(hideClaim(r.RequestURI)), "user_agent", cut(r.UserAgent()))
	if r.TLS != nil && h.PhoneAuthorities != nil {
		attrs = append(attrs, "proven", a.proven.IsValid())
	}
	if a.because != nil {
		attrs = append(attrs, "because", a.because)
	}
	h.Log.DebugContext(ctx, "phone", attrs...)
}

// logSubscription logs how a subscription was answered, as log does a request.
func (h *handler) logSubscription(a *answer, s Subscription, url store.URL) {
	if a.err != nil {
		h.Log.Error("subscription failed", "mac", s.MAC.String(), "error", a.err)
	}
	if !h.Log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	h.Log.Debug("phone", "mac", s.MAC.String(), "model", cut(s.Model), "firmware", cut(s.Firmware), "outcome", a.outcome, "from", s.From.String(), "protocol", a.protocol.String(), "answered", !url.IsZero())
}
