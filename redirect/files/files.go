// Package files is a setting server: it serves the files that partners keep here to
// their phones.
//
//	GET /{token}/snom360.htm
//	GET /{token}/snom360-0004132202E4.htm
//
// The token stands for the partner's account; nobody can guess it, and nobody else needs
// to know it. Whoever has it gets the account's general files. A file with a phone's MAC
// in its name, and one that is made from a template for a phone, goes only to a request
// for the MAC of a phone that the account has registered.
//
// All refusals are the same, to the byte, and cost the same look-ups, so that no request
// finds out what exists. A request writes nothing. Package scan bounds how many MACs a
// client can guess.
package files

import (
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"snomredirect/macaddr"
	"snomredirect/redirect/scan"
	"snomredirect/store"
)

// A Store looks up files. Its methods are called concurrently, and see every change that
// was acknowledged before the call. Each error that is not named here means that the
// look-up failed.
type Store interface {
	// AccountOfToken returns the account whose files are served at a token, or
	// store.ErrNoFile.
	AccountOfToken(token string) (store.AccountID, error)
	// FileSpace returns what an account has of files. Its error is store.ErrNoAccount if
	// there is no such account.
	FileSpace(store.AccountID) (store.FileSpace, error)
	// File returns a version of a file, or the present one for version 0, and its text,
	// which the caller may keep. The error is store.ErrNoFile if there is none.
	File(account store.AccountID, name store.FileName, version int) (store.File, []byte, error)
	// PhonesDisabled reports whether an account is disabled together with its phones.
	PhonesDisabled(store.AccountID) bool
	// Redirection returns the account that has registered a phone. Its error is
	// store.ErrNotFound if there is none, and store.ErrPhonesDisabled if the account is
	// disabled with its phones.
	Redirection(macaddr.Addr) (store.Redirection, error)
}

// A Config configures the handler. The first four are required.
type Config struct {
	Store Store
	// URL returns the URL of an account's files, with a slash at its end.
	URL func(token string) string
	// ParseTemplate reads the text of a file, and ParseRows that of [store.PhonesFile].
	// They keep no text that they are passed.
	ParseTemplate func(name store.FileName, text []byte) (Template, error)
	ParseRows     func(text []byte) (Rows, error)
	// Path is the path of the files' URLs before the token, such as "/files", or "". It
	// may be missing in requests, because a proxy may have removed it.
	Path string
	// PhoneAuthorities are the CAs whose certificates prove a phone's MAC. If nil, no
	// certificate is proof.
	PhoneAuthorities *x509.CertPool
	// RequireProof serves files only to phones that have proven their MAC.
	RequireProof bool
	// Scans bounds how many MACs a client can guess. If nil, that is unlimited.
	Scans *scan.Limiter
	// Remember is called once a phone has cost a client's budget, so that Scans knows that
	// the client has it: phones that are sent here by other means than the redirection
	// request several files at each boot. ofAccount is whether the account has registered
	// the phone. If nil, each request costs.
	Remember func(phone macaddr.Addr, from netip.Addr, ofAccount bool)
	// Refusing returns, for monitoring, why changes of the store are refused, in words
	// for anybody, or nil if they are not. If nil, they never are.
	Refusing func() error
	// Log receives all requests at debug, without tokens, and a failing store or a panic
	// at error. If nil, nothing is logged.
	Log *slog.Logger
	// OnFetch is called once for each request of a phone of the account whose token it
	// has, also for a refused one, at the end of the request and on its goroutine: it must
	// return at once. It is not called for a throttled one, nor if a phone that has a
	// general file has none of its own beside it, which it requests at each boot. The phone
	// is the one in the file's name or, for a general file, the one that a certificate
	// proves. If nil, fetches are not recorded.
	OnFetch func(phone macaddr.Addr, from netip.Addr, owner store.AccountID, f store.Fetch)
	// Observe is called in the same way for each request except those for monitoring. If
	// nil, requests are not observed.
	Observe func(Observation)
}

type handler struct {
	Config
	cache    *cache
	inFlight inFlight
}

// New returns the HTTP handler for the files, and GET /healthz and /readyz for
// monitoring. Every answer has a Content-Length and is neither chunked nor compressed.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &handler{Config: c, cache: newCache(), inFlight: inFlight{accounts: map[store.AccountID]*flight{}}}
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect() // anybody can send X-Forwarded-For
	recovers := middleware.RecoverWithConfig(middleware.RecoverConfig{DisableStackAll: true, DisableErrorHandler: true, LogErrorFunc: h.logPanic})
	// Echo's own chain of middleware is made again for each request.
	chain := func(last echo.HandlerFunc) echo.HandlerFunc { return h.observe(onlyReads(recovers(last))) }
	e.Any(healthPath, chain(h.serveHealth))
	e.Any(readyPath, chain(h.serveHealth))
	e.Any("/*", chain(h.serveFile))
	// Echo's own errors are those for methods and paths that it has no route for.
	e.HTTPErrorHandler = func(err error, c echo.Context) { _ = chain(func(echo.Context) error { return err })(c) }
	return e
}

// observe runs around every handler. It answers errors, such as Echo's own, and reports
// the outcome to Log, OnFetch and Observe.
func (h *handler) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		x := newExchange(c)
		defer x.free()
		x.protocol = store.HTTP
		if x.IsTLS() {
			x.protocol = store.HTTPS
		}
		if err := next(x); err != nil {
			x.fail(err)
			if !x.Response().Committed {
				x.sendRefusal()
			}
		}
		took := time.Since(start)
		h.log(x)
		h.report(x, start, took)
		return nil
	}
}

// report passes what was requested to OnFetch and Observe.
func (h *handler) report(x *exchange, at time.Time, took time.Duration) {
	if h.OnFetch != nil && x.ofAccount && x.outcome != Busy && x.outcome != Failed && x.outcome != Panicked && !(x.optional && x.outcome == NoFile) {
		f := store.Fetch{Name: store.FileName(strings.Clone(string(x.name))), At: at.UTC().Truncate(time.Second), Refused: !x.outcome.served()}
		if !f.Refused {
			f.Name, f.Version = x.served, x.version
		}
		h.OnFetch(x.phone(), store.ClientAddr(x.Request().RemoteAddr), x.account, f)
	}
	if h.Observe != nil && x.outcome != "" {
		h.Observe(Observation{x.outcome, x.protocol, took})
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
