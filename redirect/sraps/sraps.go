// Package sraps is the HTTP handler for partners' tools that speak the REST API of snom's
// Secure Redirection and Provisioning Service: phones are "endpoints" of a "company",
// which is the tool's account. Requests are signed by Hawk with an API key.
//
// What it serves is described in docs/sraps.json. Every error has a status and a JSON
// object with a message, a sentence. Every account, including an operator's, can reach
// only its own phones. Provisioning profiles are only names.
package sraps

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Base begins the paths of all requests.
const Base = "/api/v1/"

// Phones is the part of a store that the calls need for phones. Changes are on disk when
// a call returns, and every later call sees them. The errors are those of package store;
// any other error means that the store failed.
type Phones interface {
	// Phone returns a phone that is registered or on hold.
	Phone(macaddr.Addr) (store.Phone, error)
	// MayKnow returns store.ErrTooManyTaken if an account may not learn now whose
	// phone this is. If it is another account's, this counts.
	MayKnow(by store.Account, p store.Phone) error
	// Phones returns up to n of the owner's phones in MAC order, starting after
	// the MAC after. Fewer than n are the last page.
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	// Change runs a batch in one transaction. The results are in the order of
	// its changes.
	Change(store.Batch) ([]store.Result, error)
}

// Profiles is the part of a store that the calls need for provisioning profiles, under
// the same conditions.
type Profiles interface {
	ProvisioningProfiles(store.AccountID) ([]store.ProvisioningProfile, error)
	AddProvisioningProfile(store.Audit, store.AccountID, store.ProvisioningProfile) error
}

// A Config configures the handler. Phones, Profiles and Login are required.
type Config struct {
	Phones   Phones
	Profiles Profiles
	// Login returns the account of an API key if signed returns true for its secret.
	// from is the client's address. It returns store.ErrDenied if not, store.ErrBusy if
	// too many logins wait, or ctx's error; any other error means that the store failed.
	// It is called twice for each call, with the account's state in between unknown.
	Login func(ctx context.Context, id string, from netip.Addr, signed func(secret string) bool) (store.Account, error)
	// PublicNames are the names of this service. They can't be setting servers.
	PublicNames store.PublicNames
	// Fresh waits, for a second at most, until the store has all changes that were made
	// elsewhere before. If it can't, it returns as of when the store is, and otherwise the
	// zero time. It is called once for each call, before Login. If nil, the store is the
	// only one.
	Fresh func(context.Context) (asOf time.Time)
	// Turn waits until an account may read a page of phones, which it does until done
	// is called, or returns ctx's error. If nil, pages are read at once.
	Turn func(ctx context.Context, account store.AccountID) (done func(), err error)
	// Log receives changes and refused logins at info, calls with their outcomes
	// at debug, and failures at error. If nil, nothing is logged.
	Log *slog.Logger
	// Observe is called after each request is answered, with one of [Calls]. It must
	// return at once. If nil, requests are not observed.
	Observe func(call string, o Outcome)
}

// maxWait bounds how long a call waits for its login and for the limiter.
const maxWait = 20 * time.Second

// maxBody bounds the body of a call, in bytes.
const maxBody = 64 << 10

type handler struct {
	Config
	limiter limiter
	nonces  nonces
}

// New returns the HTTP handler for tools, for paths that begin with [Base]. Every answer
// has a Content-Length and is neither chunked nor compressed.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Fresh == nil {
		c.Fresh = func(context.Context) (current time.Time) { return current }
	}
	if c.Turn == nil {
		c.Turn = func(context.Context, store.AccountID) (func(), error) { return func() {}, nil }
	}
	if c.Observe == nil {
		c.Observe = func(string, Outcome) {}
	}
	h := &handler{Config: c}
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect() // anybody can send X-Forwarded-For
	e.Use(h.observe)
	for _, o := range operations {
		for _, end := range []string{"", "/"} {
			e.Add(o.method, Base+o.path+end, h.answer(o))
		}
	}
	return e
}

// A request is a request being served, and what is known about it.
type request struct {
	echo.Context
	account store.Name // "" before the login
	call    string     // one of Calls
	outcome Outcome
	why     string // the refusal or error, if any
}

// observe runs around every handler. It answers errors and calls Observe.
func (h *handler) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := &request{Context: c, call: OtherCall, outcome: Done}
		if err := h.guard(next, r); err != nil {
			h.refuse(err, r)
		}
		h.Observe(r.call, r.outcome)
		return nil
	}
}

var errPanic = errors.New("panic")

// guard calls next and turns a panic into errPanic, so that it ends only this request.
func (h *handler) guard(next echo.HandlerFunc, r *request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.Error("panic", "in", "sraps", "error", p, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return next(r)
}

// A call is a request of a tool that is logged in.
type call struct {
	*handler
	*request
	operation
	ctx     context.Context
	account store.Account
	key     string // the ID of the API key
	from    string
	agent   string
	start   time.Time
	body    []byte
}

// answer returns the handler of an operation. Its errors are for refuse.
func (h *handler) answer(o operation) echo.HandlerFunc {
	return func(c echo.Context) error {
		req, r := c.(*request), c.Request()
		req.call = o.name
		ctx, cancel := context.WithTimeout(r.Context(), maxWait)
		defer cancel()
		login, err := h.signed(r)
		if err != nil {
			return err
		}
		h.freshen(ctx, c)
		account, err := h.login(ctx, login)
		if err != nil {
			return err
		}
		req.account = account.Name
		if err := h.nonces.use(account.ID, login.header, time.Now()); err != nil {
			return err
		}
		release, err := h.limiter.acquire(ctx, account.ID)
		if err != nil {
			return unavailable{err}
		}
		defer release()
		body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxBody))
		if err != nil {
			return readError{err}
		}
		if err := login.checkPayload(body); err != nil {
			return err
		}
		// The key may have been removed while the call waited and was read.
		if account, err = h.login(ctx, login); err != nil {
			return err
		}
		call := &call{handler: h, request: req, operation: o, ctx: r.Context(), account: account, key: login.header.ID,
			from: login.from.String(), agent: store.CleanAgent(r.UserAgent()), start: time.Now(), body: body}
		reply, err := o.run(call)
		if err != nil {
			return err
		}
		h.logCall(req)
		reply.send(c)
		return nil
	}
}

// A readError is why a body could not be read.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// An unavailable error is why a call can't be served now.
type unavailable struct{ error }

func (u unavailable) Unwrap() error { return u.error }

// maxWhy bounds an error in the log, in bytes, because it may quote what was sent.
const maxWhy = 200

// logCall logs a request and its outcome, before it is answered.
func (h *handler) logCall(c *request) {
	r := c.Request()
	if !h.Log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	attrs := []any{"account", c.account, "call", c.call, "outcome", c.outcome, "from", r.RemoteAddr, "user_agent", store.CleanAgent(r.UserAgent())}
	if c.why != "" {
		attrs = append(attrs, "why", c.why[:min(len(c.why), maxWhy)])
	}
	h.Log.Debug("call", attrs...)
}

// audit returns what the history records of a change by the call.
func (c *call) audit(detail string) store.Audit {
	return store.Audit{Actor: c.account.ID, Name: c.account.Name, RemoteAddr: c.from, Credential: "API key " + c.key, Agent: c.agent, Begun: c.start, Command: c.command(), Detail: detail}
}

// company returns the account's company as its tools see it.
func (c *call) company() string { return cmp.Or(c.account.Company, string(c.account.Name)) }
