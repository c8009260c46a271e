// Package rds answers the tools that partners and PBX vendors have for snom's
// own redirection service: its XML-RPC API, at /xmlrpc and /xmlrpc/, with the
// name and password of an account over HTTP Basic.
//
//	network.echo(string)
//	redirect.registerPhone(mac, url)       redirect.registerPhoneList(macs, url)
//	redirect.deregisterPhone(mac)          redirect.deregisterPhoneList(macs)
//	redirect.checkPhone(mac)
//	redirect.listPhones(model, url)
//	redirect.getPhoneRedirection(mac)
//
// What a method refuses is its reply, word for word as snom's service has it
// ("Error:owned_by_other_user"); a call that can't be understood gets a fault.
// An account reaches its own phones, an operator's too.
package rds

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Phones is what the methods need of a store. Changes are on disk when a call
// returns, and every later call sees them. The errors are those of package
// store; any other is a failing store.
type Phones interface {
	// Phone returns a registered phone, or one that is held.
	Phone(macaddr.Addr) (store.Phone, error)
	// Phones returns a page in MAC order of one owner's phones, from behind after
	// on; fewer than n are the last.
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	// Change carries out a batch in one transaction; the results are in the
	// order of its changes.
	Change(store.Batch) ([]store.Result, error)
}

// A Config is what the handler works with. Phones and Login must be set.
type Config struct {
	Phones Phones
	// Login returns the account that a name and a password from an address let
	// in. store.ErrDenied where that is none, store.ErrBusy where too many wait,
	// or ctx's error; any other is a failing store. It is called for each call,
	// and is expected to be quick for those that come again.
	Login func(ctx context.Context, name, password string, from netip.Addr) (store.Account, error)
	// PublicNames are where this service is reached: no setting server may be.
	PublicNames store.PublicNames
	// Contact returns what was last heard of a phone, or store.ErrNotFound. Nil
	// knows nothing.
	Contact func(macaddr.Addr) (store.Contact, error)
	// Log gets changes and refused logins at info, calls at debug, failures at
	// error. Nil logs nothing.
	Log *slog.Logger
	// Observe is told, for metrics, what became of each request, once its answer
	// is ready, with one of [Methods]. It must return at once. Nil observes nothing.
	Observe func(method string, o Outcome)
}

// maxBody bounds a call, in bytes.
const maxBody = 4 << 20

// maxWait bounds how long a call waits to be let in and for its account's turn:
// the server reads for 30 seconds, and the body comes after that.
const maxWait = 20 * time.Second

// retryAfter is how many seconds a tool is asked to wait where it can't be
// served now.
const retryAfter = "2"

type handler struct {
	Config
	limiter limiter
}

// New returns the service that tools talk to. Every answer has a Content-Length
// and is neither chunked nor compressed.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Contact == nil {
		c.Contact = func(macaddr.Addr) (store.Contact, error) { return store.Contact{}, store.ErrNotFound }
	}
	if c.Observe == nil {
		c.Observe = func(string, Outcome) {}
	}
	h := &handler{Config: c}
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect() // X-Forwarded-For is anybody's to write
	e.Use(h.observe)
	e.Any("/xmlrpc", h.answer)
	e.Any("/xmlrpc/", h.answer)
	return e
}

// A request is one under way, and what is known of it.
type request struct {
	echo.Context
	method  string // one of Methods
	outcome Outcome
}

// observe is around all there is, and tells what became of a request.
func (h *handler) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := &request{Context: c, method: OtherMethod, outcome: Done}
		if err := h.guard(next, r); err != nil {
			h.refuse(err, r)
		}
		h.Observe(r.method, r.outcome)
		return nil
	}
}

var errPanic = errors.New("panic")

// guard keeps a panic to the request that it happened in.
func (h *handler) guard(next echo.HandlerFunc, r *request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.Error("panic", "in", "xmlrpc", "error", p, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return next(r)
}

// answer answers a call, or returns an error for refuse.
func (h *handler) answer(c echo.Context) error {
	r := c.Request()
	if r.Method != http.MethodPost {
		return echo.ErrMethodNotAllowed
	}
	from := store.ClientAddr(r.RemoteAddr)
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	account, err := h.login(ctx, r, from)
	if err != nil {
		return err
	}
	if r.ContentLength > maxBody {
		return &http.MaxBytesError{Limit: maxBody}
	}
	leave, err := h.limiter.enter(ctx, account.ID)
	if err != nil {
		return unavailable{err}
	}
	defer leave()
	asked, err := readCall(http.MaxBytesReader(c.Response(), r.Body, maxBody))
	if err != nil {
		return err
	}
	// While it waited and was read the account may have been disabled.
	if account, err = h.login(ctx, r, from); err != nil {
		return err
	}
	this := &call{handler: h, ctx: r.Context(), by: account, from: from.String(), agent: store.CleanAgent(r.UserAgent()), begun: time.Now(), methodCall: asked}
	if _, ok := methods[asked.method]; ok {
		c.(*request).method = asked.method
	}
	answer, err := this.run()
	if err != nil {
		return err
	}
	if answer.refused {
		c.(*request).outcome = Refused
	}
	h.Log.Debug("call", "account", account.Name, "method", asked.method, "from", r.RemoteAddr, "user_agent", this.agent)
	send(c, answer)
	return nil
}

// unavailable is why nobody can be served now.
type unavailable struct{ error }

func (u unavailable) Unwrap() error { return u.error }

// login returns the account that a request names and has the password of.
func (h *handler) login(ctx context.Context, r *http.Request, from netip.Addr) (store.Account, error) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return store.Account{}, store.ErrDenied
	}
	a, err := h.Login(ctx, name, password, from)
	if err == nil {
		return a, nil
	}
	level, refused := slog.LevelInfo, err
	if !errors.Is(err, store.ErrDenied) {
		// Each wrong password takes a hash, of which there are few; of this strangers
		// could have the log told as often as they like.
		level, refused = slog.LevelDebug, unavailable{err}
		if !errors.Is(err, store.ErrBusy) && ctx.Err() == nil {
			h.Log.Error("login", "error", err)
		}
	}
	h.Log.Log(ctx, level, "login refused", "user", name[:min(len(name), 64)], "from", r.RemoteAddr, "by", "password over XML-RPC", "why", err)
	return store.Account{}, refused
}

// refuse words every refusal: a fault for a call, one line for what is none.
// Nothing of what went wrong inside is told.
func (h *handler) refuse(err error, c *request) {
	var (
		bad     *fault
		tooLong *http.MaxBytesError
		busy    unavailable
		cut     unread
		header  = c.Response().Header()
	)
	c.outcome = NoCall
	switch {
	case errors.Is(err, errPanic):
		c.outcome = Panicked
		if !c.Response().Committed {
			send(c, failed.reply())
		}
	case errors.Is(err, echo.ErrMethodNotAllowed):
		header.Set(echo.HeaderAllow, http.MethodPost)
		sendLine(c, http.StatusMethodNotAllowed, "method not allowed: expected POST")
	case errors.Is(err, echo.ErrNotFound):
		sendLine(c, http.StatusNotFound, "not found: expected /xmlrpc")
	case errors.Is(err, store.ErrDenied):
		c.outcome = Denied
		header.Set(echo.HeaderWWWAuthenticate, `Basic realm="snomredirect", charset="UTF-8"`)
		sendLine(c, http.StatusUnauthorized, "not logged in: expected the name and password of an account")
	case errors.As(err, &busy):
		c.outcome = Busy
		header.Set(echo.HeaderRetryAfter, retryAfter)
		sendLine(c, http.StatusServiceUnavailable, "not now: try again later")
	case errors.As(err, &tooLong):
		sendLine(c, http.StatusRequestEntityTooLarge, "too long: expected a call of at most 4 MiB")
	case errors.As(err, &bad):
		c.outcome = Fault
		send(c, bad.reply())
	case errors.As(err, &cut):
		sendLine(c, http.StatusBadRequest, "broken off: expected a whole call")
	case c.Request().Context().Err() != nil: // the tool has gone
	default:
		c.outcome = Failed
		h.Log.Error("call", "error", err)
		send(c, failed.reply())
	}
}

// failed is all that a tool is told of what goes wrong inside.
var failed = &fault{internal, "Something failed in the service; its log says what. Try again later."}

func send(c echo.Context, r reply) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, echo.MIMETextXML)
	header.Set(echo.HeaderContentLength, strconv.Itoa(r.len()))
	c.Response().WriteHeader(http.StatusOK)
	_ = r.write(c.Response()) // a tool that has hung up is nobody's error
}

// sendLine writes a refusal, and ends the connection: strangers keep none.
func sendLine(c echo.Context, status int, line string) {
	header := c.Response().Header()
	header.Set(echo.HeaderConnection, "close")
	header.Set(echo.HeaderContentType, echo.MIMETextPlainCharsetUTF8)
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(line)+1))
	c.Response().WriteHeader(status)
	_, _ = c.Response().Write([]byte(line + "\n"))
}
