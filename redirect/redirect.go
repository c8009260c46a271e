// Package redirect answers the phones. On its first boot a snom phone asks, at a
// URL that is hard-coded in its firmware, for its settings:
//
//	GET /snom360/snom360.php?mac=0004132202E4
//
// A phone that is registered gets a settings file whose one setting is its
// setting server; any other gets the empty file, with status 200, so that it
// goes on to look elsewhere (snom's Mass Deployment slides).
//
// A request reads the store once and writes nothing; what was heard of the phone
// is told to [Config].Heard.
package redirect

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Finder knows where phones are to be sent. SettingServer returns
// store.ErrNotFound for a phone that nobody has registered, and any other error
// where it could not look. It is called for many phones at once and sees every
// change that was acknowledged before the call.
type Finder interface {
	SettingServer(macaddr.Addr) (store.URL, error)
}

// A Config is what the handler works with. Only Finder must be set.
type Config struct {
	Finder Finder
	// PublicNames are where this service is reached: no phone is sent there,
	// even where one was registered so before a name was added.
	PublicNames store.PublicNames
	// Log gets a phone's request at debug, a failing store and a panic at
	// error. Nil logs nothing.
	Log *slog.Logger
	// Heard is called once for each question that bears a phone's MAC, at its
	// end, on the phone's own goroutine: it must return at once. Nil hears
	// nothing.
	Heard func(store.Contact)
}

type handler struct{ Config }

// New returns the service that phones talk to, with GET /healthz for what
// watches over it. Every answer of its own has a Content-Length and is neither
// chunked nor compressed.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &handler{c}
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect() // X-Forwarded-For is anybody's to write
	e.HTTPErrorHandler = h.refuse
	e.Pre(onlyReads)
	e.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{DisableStackAll: true, LogErrorFunc: h.logPanic}))
	e.Any("/healthz", h.health)
	e.Any("/*", h.answer)
	return e
}

func onlyReads(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		switch c.Request().Method {
		case http.MethodGet, http.MethodHead:
			return next(c)
		}
		c.Response().Header().Set(echo.HeaderAllow, "GET, HEAD")
		return echo.ErrMethodNotAllowed
	}
}

func (h *handler) answer(c echo.Context) error {
	r := c.Request()
	req, err := parseRequest(echo.GetPath(r), r.URL.RawQuery, r.UserAgent())
	if err != nil {
		return err
	}
	answer := store.Refused // where find panics, too
	if h.Heard != nil && req.mac.IsValid() {
		defer func() { h.Heard(req.contact(r.RemoteAddr, answer)) }()
	}
	server, outcome, err := h.find(req)
	if err != nil {
		return err
	}
	answer = store.Redirected
	if server.IsZero() {
		answer = store.Unregistered
	}
	format := req.format()
	if ctx := r.Context(); h.Log.Enabled(ctx, slog.LevelDebug) {
		h.Log.DebugContext(ctx, "phone", "mac", req.mac.String(), "model", req.model, "outcome", outcome, "format", format, "from", r.RemoteAddr, "user_agent", r.UserAgent())
	}
	send(c, http.StatusOK, format.ContentType(), format.AppendText(make([]byte, 0, 512), server.String()))
	return nil
}

// find returns where the phone is sent, which is the zero URL for those that
// get the empty file.
func (h *handler) find(req request) (server store.URL, outcome string, err error) {
	if !req.mac.IsValid() {
		return store.URL{}, "unknown", nil
	}
	server, err = h.Finder.SettingServer(req.mac)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.URL{}, "unregistered", nil
	case err != nil:
		return store.URL{}, "", err
	case h.PublicNames.Hold(server):
		return store.URL{}, "points back", nil
	}
	return server, "redirected", nil
}

// health answers whether the store does.
func (h *handler) health(c echo.Context) error {
	if _, err := h.Finder.SettingServer(macaddr.MustParse("000413220000")); err != nil && !errors.Is(err, store.ErrNotFound) {
		h.Log.Error("health", "error", err)
		sendLine(c, http.StatusServiceUnavailable, "the store fails: the log says why")
		return nil
	}
	sendLine(c, http.StatusOK, "ok")
	return nil
}

// refuse words every refusal: one line that says what was expected, and nothing
// of what went wrong inside.
func (h *handler) refuse(err error, c echo.Context) {
	var mac macError
	status, line := http.StatusInternalServerError, "internal error: try again later"
	switch {
	case errors.As(err, &mac):
		status, line = http.StatusBadRequest, mac.Error()
	case errors.Is(err, errNotFound):
		status, line = http.StatusNotFound, errNotFound.Error()
	case errors.Is(err, echo.ErrMethodNotAllowed):
		status, line = http.StatusMethodNotAllowed, "method not allowed: expected GET or HEAD"
	case !errors.Is(err, errPanic):
		h.Log.Error("request", "path", c.Request().URL.Path, "error", err)
	}
	if !c.Response().Committed {
		sendLine(c, status, line)
	}
}

var errPanic = errors.New("panic")

func (h *handler) logPanic(c echo.Context, err error, stack []byte) error {
	h.Log.Error("panic", "path", c.Request().URL.Path, "error", err, "stack", string(stack))
	return errPanic
}

func sendLine(c echo.Context, status int, line string) {
	send(c, status, "text/plain; charset=utf-8", []byte(line+"\n"))
}

// send writes an answer whole. The length is set for HEAD too. A phone that has
// hung up is nobody's error.
func send(c echo.Context, status int, contentType string, body []byte) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, contentType)
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	c.Response().WriteHeader(status)
	_, _ = c.Response().Write(body)
}
