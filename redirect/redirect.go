// Package redirect answers phones. On its first boot a snom phone requests its
// settings from a URL that is hard-coded in its firmware:
//
//	GET /snom360/snom360.php?mac=0004132202E4
//
// A registered phone gets a settings file with one setting, its setting server.
// Any other phone gets the empty file, with status 200, so that it goes on to
// look for settings elsewhere (snom's Mass Deployment slides), unless the service has
// a default for phones that nobody has registered.
//
// A request reads the store once, after at most one look at the phone's sources, and
// writes nothing, unless it proves a claim. What it says about the phone is passed to
// [Config].OnContact. Package scan bounds how many MACs a client can guess.
//
// Over HTTPS a phone can prove its MAC with its factory certificate. A phone
// that requests another phone's settings gets the empty file.
package redirect

import (
	"crypto/x509"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"snomredirect/macaddr"
	"snomredirect/redirect/scan"
	"snomredirect/store"
)

// A Finder looks up where phones are redirected. Redirection returns
// store.ErrNotFound for an unregistered phone, store.ErrPhonesDisabled and the owner
// for one that gets the empty file because its account is disabled with its phones,
// and any other error if the look-up failed. It is called concurrently, and sees
// every change that was acknowledged before the call.
type Finder interface {
	Redirection(macaddr.Addr) (store.Redirection, error)
}

// A Config configures the handler. Only Finder is required.
type Config struct {
	Finder Finder
	// PublicNames are the names of this service. No phone is sent to them, even
	// if such a URL was registered before a name was added.
	PublicNames store.PublicNames
	// Default returns where phones are sent that nobody has registered. It is called
	// for each of their requests: it must return at once, without a look-up in a
	// database. If nil, they get the empty file.
	Default func() store.Default
	// PhoneAuthorities are the CAs whose certificates prove a phone's MAC. The
	// TLS server must request a certificate and accept any; the handler verifies
	// it. If nil, no certificate is proof.
	PhoneAuthorities *x509.CertPool
	// RequireProof redirects over HTTPS only phones that have proven their MAC.
	// Plain HTTP has no proof, and requires none. Plug & Play has none either: it sends
	// such phones to SecureURL.
	RequireProof bool
	// SecureURL is the URL of this service for phones over HTTPS, without a path, such
	// as https://prov.example.com. If it is "" and RequireProof is set, no phone gets an
	// answer over Plug & Play.
	SecureURL string
	// Scans bounds how many MACs a client can guess. If nil, that is unlimited.
	Scans *scan.Limiter
	// Claim transfers a phone that has proven its MAC to the account whose claim has
	// this code, before it returns. It returns store.ErrNoClaim, and writes nothing,
	// if there is no such claim. If nil, no claim can be proven.
	Claim func(mac macaddr.Addr, code string) error
	// Refusing returns, for monitoring, why changes of the store are refused, in words
	// for anybody, or nil if they are not. If nil, they never are.
	Refusing func() error
	// Log receives all requests at debug, also refused ones, a request for another
	// phone's settings at warn, and a failing store or a panic at error. If nil,
	// nothing is logged.
	Log *slog.Logger
	// OnContact is called once for each request with a phone's MAC, also for a
	// refused one in which a MAC can be read but not for a throttled one, at the end of
	// the request and on its goroutine: it must return at once. If nil, contacts are not recorded.
	OnContact func(store.Contact)
	// Observe is called in the same way for each request, with or without a MAC,
	// except those for monitoring. If nil, requests are not observed.
	Observe func(Observation)
}

type handler struct{ Config }

func newHandler(c Config) *handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &handler{c}
}

// New returns the HTTP handler for phones, and GET /healthz and /readyz for monitoring.
// Every answer has a Content-Length and is neither chunked nor compressed.
func New(c Config) http.Handler {
	h := newHandler(c)
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect() // anybody can send X-Forwarded-For
	recovers := middleware.RecoverWithConfig(middleware.RecoverConfig{DisableStackAll: true, DisableErrorHandler: true, LogErrorFunc: h.logPanic})
	// Echo's own chain of middleware is made again for each request.
	chain := func(last echo.HandlerFunc) echo.HandlerFunc { return h.observe(onlyReads(recovers(last))) }
	e.Any(healthPath, chain(h.serveHealth))
	e.Any(readyPath, chain(h.serveHealth))
	e.Any("/*", chain(h.servePhone))
	// Echo's own errors are those for methods and paths that it has no route for.
	e.HTTPErrorHandler = func(err error, c echo.Context) { _ = chain(func(echo.Context) error { return err })(c) }
	return e
}

// observe runs around every handler. It answers errors, such as Echo's own, and
// reports the outcome to Log, OnContact and Observe.
func (h *handler) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		x := newExchange(c)
		a := &x.answer
		a.from, a.protocol = store.ClientAddr(x.Request().RemoteAddr), store.HTTP
		if x.IsTLS() {
			a.protocol = store.HTTPS
		}
		if err := next(x); err != nil {
			a.refuse(err)
			if !x.Response().Committed {
				x.send()
			}
		}
		took := time.Since(start)
		h.log(x.Request(), a)
		h.report(x.Request(), a, took)
		x.free()
		return nil
	}
}

// report passes an answer to OnContact and Observe. The HTTP request is nil if the
// phone sent none.
func (h *handler) report(r *http.Request, a *answer, took time.Duration) {
	if h.OnContact != nil && a.outcome != Throttled && (a.mac.IsValid() || a.refused()) {
		if contact, ok := a.contact(r); ok {
			h.OnContact(contact)
		}
	}
	if h.Observe != nil && a.outcome != "" {
		h.Observe(Observation{a.outcome, a.format, a.protocol, took})
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

func (h *handler) servePhone(c echo.Context) error {
	x, r := c.(*exchange), c.Request()
	h.answer(&x.answer, r.URL, r.UserAgent(), r.TLS)
	x.send()
	return nil
}
