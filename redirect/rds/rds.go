// Package rds implements the XML-RPC API of snom's own redirection service, for
// the tools that partners and PBX vendors already have. It is served at /xmlrpc
// and /xmlrpc/, with the name and password of an account over HTTP Basic.
//
//	network.echo(string)
//	redirect.registerPhone(mac, url)       redirect.registerPhoneList(macs, url)
//	redirect.deregisterPhone(mac)          redirect.deregisterPhoneList(macs)
//	redirect.checkPhone(mac)
//	redirect.listPhones(model, url)
//	redirect.getPhoneRedirection(mac)
//	system.listMethods()                   system.methodHelp(name)
//	system.multicall(calls)
//
// A refusal is a reply with the exact words of snom's service, such as
// "Error:owned_by_other_user". A malformed call gets a fault. Every account,
// including an operator's, can reach only its own phones.
package rds

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Phones is the part of a store that the methods need. Changes are on disk when
// a call returns, and every later call sees them. The errors are those of package
// store; any other error means that the store failed.
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

// A Config configures the handler. Phones and Login are required.
type Config struct {
	Phones Phones
	// Login returns the account for a name and a password sent from an address.
	// It returns store.ErrDenied if they are wrong, store.ErrBusy if too many
	// logins wait, or ctx's error; any other error means that the store failed. It
	// is called twice for each call, and should be fast for a password that was
	// right before.
	Login func(ctx context.Context, name, password string, from netip.Addr) (store.Account, error)
	// PublicNames are the names of this service. They can't be setting servers.
	PublicNames store.PublicNames
	// Fresh waits, for a second at most, until the store has all changes that were made
	// elsewhere before. If it can't, it returns as of when the store is, and otherwise the
	// zero time. It is called once for each call, before Login. If nil, the store is the
	// only one.
	Fresh func(context.Context) (asOf time.Time)
	// Contact returns a phone's last contact, or store.ErrNotFound. If nil, there
	// are no contacts.
	Contact func(macaddr.Addr) (store.Contact, error)
	// Turn waits until an account may read a page of phones, which it does until done
	// is called, or returns ctx's error. If nil, pages are read at once.
	Turn func(ctx context.Context, account store.AccountID) (done func(), err error)
	// Log receives changes and refused logins at info, calls with their outcomes
	// at debug, and failures at error. If nil, nothing is logged.
	Log *slog.Logger
	// Observe is called after each request is answered, with one of [Methods]. It
	// must return at once. If nil, requests are not observed.
	Observe func(method string, o Outcome)
}

// maxWait bounds how long a call waits for its login and for the limiter. The
// server reads a request for at most 30 seconds, and the body is read after the
// wait.
const maxWait = 20 * time.Second

// maxRun bounds when the last call of a system.multicall starts, from the end of the
// header. The server writes a reply within two minutes of it.
const maxRun = 90 * time.Second

type handler struct {
	Config
	limiter limiter
}

// New returns the HTTP handler for tools. Every answer has a Content-Length and is
// neither chunked nor compressed.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Fresh == nil {
		c.Fresh = func(context.Context) (current time.Time) { return current }
	}
	if c.Contact == nil {
		c.Contact = func(macaddr.Addr) (store.Contact, error) { return store.Contact{}, store.ErrNotFound }
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
	e.Any("/xmlrpc", h.answer)
	e.Any("/xmlrpc/", h.answer)
	return e
}

// A request is a request being served, and what is known about it.
type request struct {
	echo.Context
	account store.Name // "" before the login
	method  string     // one of Methods
	outcome Outcome
	why     string // the refusal or error, if any
}

// observe runs around every handler. It answers errors and calls Observe.
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

// guard calls next and turns a panic into errPanic, so that it ends only this
// request.
func (h *handler) guard(next echo.HandlerFunc, r *request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.Error("panic", "in", "xmlrpc", "error", p, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return next(r)
}

// answer answers a call or returns an error for refuse.
func (h *handler) answer(c echo.Context) error {
	r := c.Request()
	if r.Method != http.MethodPost {
		return echo.ErrMethodNotAllowed
	}
	from, deadline := store.ClientAddr(r.RemoteAddr), time.Now().Add(maxRun)
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	if _, _, ok := r.BasicAuth(); ok {
		h.freshen(ctx, c)
	}
	account, err := h.login(ctx, r, from)
	if err != nil {
		return err
	}
	c.(*request).account = account.Name
	body, err := body(c.Response(), r)
	if err != nil {
		return err
	}
	release, err := h.limiter.acquire(ctx, account.ID)
	if err != nil {
		return unavailable{err}
	}
	defer release()
	parsed, err := readCall(body)
	if err != nil {
		return err
	}
	// The account may have been disabled while the call waited and was read.
	if account, err = h.login(ctx, r, from); err != nil {
		return err
	}
	call := &call{handler: h, methodCall: parsed, ctx: r.Context(), account: account, from: from.String(), agent: store.CleanAgent(r.UserAgent()), start: time.Now(), deadline: deadline}
	call.again = func() (store.Account, error) {
		ctx, cancel := context.WithTimeout(r.Context(), maxWait)
		defer cancel()
		return h.login(ctx, r, from)
	}
	if _, ok := methods[call.method]; ok {
		c.(*request).method = call.method
	}
	reply, err := call.run()
	if err != nil {
		return err
	}
	c.(*request).outcome, c.(*request).why = cmp.Or(reply.outcome, Done), reply.refusal
	h.logCall(c.(*request))
	send(c, http.StatusOK, reply)
	return nil
}

// maxWhy bounds an error in the log, in bytes, because it may quote what was sent.
const maxWhy = 200

// logCall logs a request and its outcome, before it is answered.
func (h *handler) logCall(c *request) {
	r := c.Request()
	if !h.Log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	attrs := []any{"account", c.account, "method", c.method, "outcome", c.outcome, "from", r.RemoteAddr, "user_agent", store.CleanAgent(r.UserAgent())}
	if c.why != "" {
		attrs = append(attrs, "why", c.why[:min(len(c.why), maxWhy)])
	}
	h.Log.Debug("call", attrs...)
}
