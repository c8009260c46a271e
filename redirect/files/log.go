package files

import (
	"errors"
	"log/slog"

	"github.com/labstack/echo/v4"
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

// logPanic logs no path, which contains a token.
func (h *handler) logPanic(c echo.Context, err error, stack []byte) error {
	h.Log.Error("panic", "file", string(c.(*exchange).name), "error", err, "stack", string(stack))
	return errPanic
}

// log logs how a request was answered: at debug one line for each. A path that is not
// that of a file isn't logged, because it may contain a token.
func (h *handler) log(x *exchange) {
	r := x.Request()
	switch {
	case x.err != nil:
		h.Log.Error("request of a file failed", "file", string(x.name), "error", x.err)
	case x.outcome == OtherCertificate:
		h.Log.Warn("phone requested another phone's file", "mac", x.mac.String(), "certificate", x.proven.String(), "from", r.RemoteAddr)
	}
	ctx := r.Context()
	if x.outcome == "" || !h.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	var attrs []any
	if x.mac.IsValid() {
		attrs = append(attrs, "mac", x.mac.String())
	}
	attrs = append(attrs, "outcome", x.outcome, "from", r.RemoteAddr, "method", cut(r.Method), "file", string(x.name), "user_agent", cut(r.UserAgent()))
	if r.TLS != nil && h.PhoneAuthorities != nil {
		attrs = append(attrs, "proven", x.proven.IsValid())
	}
	h.Log.DebugContext(ctx, "file", attrs...)
}
