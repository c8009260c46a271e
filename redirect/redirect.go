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
//
// Over HTTPS a phone may prove its MAC by its factory certificate. One that asks
// for another phone's settings gets the empty file.
package redirect

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
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
	// PhoneAuthorities have signed what proves a phone's MAC: a certificate that
	// the TLS server has asked for and let through without a look at it. Nil
	// takes none for proof.
	PhoneAuthorities *x509.CertPool
	// RequireProof redirects over HTTPS only phones that have proven their MAC.
	// Over plain HTTP there is no proof, and none is asked for.
	RequireProof bool
	// Log gets a phone's request at debug, one that asks for another phone's
	// settings at warn, a failing store and a panic at error. Nil logs nothing.
	Log *slog.Logger
	// OnContact is called once for each question that bears a phone's MAC, at its
	// end, on the phone's own goroutine: it must return at once. Nil hears
	// nothing.
	OnContact func(store.Contact)
	// Observe is called in the same way for each question, with a MAC or not,
	// but not for GET /healthz. Nil observes nothing.
	Observe func(Observation)
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
	e.Use(h.observe, onlyReads, middleware.RecoverWithConfig(middleware.RecoverConfig{DisableStackAll: true, DisableErrorHandler: true, LogErrorFunc: h.logPanic}))
	e.Any("/healthz", h.health)
	e.Any("/*", h.answer)
	return e
}

// A question is one request under way, and what is known of it.
type question struct {
	echo.Context
	request
	proven  macaddr.Addr // the caller's own, by its certificate
	outcome Outcome      // "" of what no phone asks, /healthz
	sent    settings.Format
}

// observe is around all there is, and tells what became of a question.
func (h *handler) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun := time.Now()
		q := &question{Context: c}
		if err := next(q); err != nil {
			h.refuse(err, q)
		}
		took := time.Since(begun)
		if h.OnContact != nil && q.mac.IsValid() {
			h.OnContact(q.contact(q.Request().RemoteAddr))
		}
		if h.Observe != nil && q.outcome != "" {
			h.Observe(Observation{q.outcome, q.sent, q.IsTLS(), took})
		}
		return nil
	}
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

func (h *handler) answer(c echo.Context) (err error) {
	q, r := c.(*question), c.Request()
	if q.request, err = parseRequest(echo.GetPath(r), r.URL.RawQuery, r.UserAgent()); err != nil {
		return err
	}
	var unproven error
	if h.PhoneAuthorities != nil && q.mac.IsValid() {
		q.proven, unproven = proof(r.TLS, h.PhoneAuthorities)
	}
	server, outcome, err := h.find(q)
	if err != nil {
		return err
	}
	q.outcome = outcome
	q.sent = q.format()
	if outcome == OtherCertificate {
		h.Log.Warn("a phone asks for another's settings", "mac", q.mac.String(), "certificate", q.proven.String(), "from", r.RemoteAddr)
	}
	if ctx := r.Context(); h.Log.Enabled(ctx, slog.LevelDebug) {
		of := []any{"mac", q.mac.String(), "model", q.model, "outcome", outcome, "format", q.sent.String(), "from", r.RemoteAddr, "user_agent", r.UserAgent()}
		if r.TLS != nil && h.PhoneAuthorities != nil {
			of = append(of, "proven", q.proven.IsValid())
		}
		if unproven != nil && r.TLS != nil {
			of = append(of, "because", unproven)
		}
		h.Log.DebugContext(ctx, "phone", of...)
	}
	send(c, http.StatusOK, q.sent.ContentType(), q.sent.AppendText(make([]byte, 0, 512), server.String()))
	return nil
}

// find returns where the phone is sent, which is the zero URL for those that
// get the empty file.
func (h *handler) find(q *question) (store.URL, Outcome, error) {
	switch {
	case !q.mac.IsValid():
		return store.URL{}, NoMAC, nil
	case q.proven.IsValid() && q.proven != q.mac:
		return store.URL{}, OtherCertificate, nil
	}
	server, err := h.Finder.SettingServer(q.mac)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.URL{}, Unregistered, nil
	case err != nil:
		return store.URL{}, "", err
	case h.PublicNames.Contains(server):
		return store.URL{}, PointsBack, nil
	case h.RequireProof && q.IsTLS() && !q.proven.IsValid():
		return store.URL{}, Unproven, nil
	}
	return server, Redirected, nil
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
func (h *handler) refuse(err error, q *question) {
	var mac macError
	status, line := http.StatusInternalServerError, "internal error: try again later"
	switch {
	case errors.As(err, &mac):
		q.outcome = Malformed
		status, line = http.StatusBadRequest, mac.Error()
	case errors.Is(err, errNotFound), errors.Is(err, echo.ErrNotFound): // the latter of a path without a slash, "" or "*"
		q.outcome = NotFound
		status, line = http.StatusNotFound, errNotFound.Error()
	case errors.Is(err, echo.ErrMethodNotAllowed):
		q.outcome = MethodNotAllowed
		status, line = http.StatusMethodNotAllowed, "method not allowed: expected GET or HEAD"
	case errors.Is(err, errPanic):
		q.outcome = Panicked
	default:
		q.outcome = Failed
		h.Log.Error("request", "path", q.Request().URL.Path, "error", err)
	}
	if !q.Response().Committed {
		sendLine(q, status, line)
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
