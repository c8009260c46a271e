package rds

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"snomredirect/store"
)

// refuse answers an error: with a fault to a call, else with one line. Internal
// errors are only logged.
func (h *handler) refuse(err error, c *request) {
	var (
		callFault  *fault
		tooLarge   *http.MaxBytesError
		waited     unavailable
		incomplete readError
		header     = c.Response().Header()
		answer     = func() {} // a tool that has disconnected gets none
	)
	line := func(status int, text string) { answer = func() { sendLine(c, status, text) } }
	c.outcome, c.why = NoCall, err.Error()
	switch {
	case errors.Is(err, errPanic):
		c.outcome = Panicked
		if !c.Response().Committed {
			answer = func() { send(c, http.StatusOK, failed.reply()) }
		}
	case errors.Is(err, echo.ErrMethodNotAllowed):
		c.why = "method not allowed: expected POST"
		header.Set(echo.HeaderAllow, http.MethodPost)
		line(http.StatusMethodNotAllowed, c.why)
	case errors.Is(err, echo.ErrNotFound):
		c.why = "not found: expected /xmlrpc"
		line(http.StatusNotFound, c.why)
	case errors.Is(err, store.ErrDenied):
		c.outcome = Denied
		header.Set(echo.HeaderWWWAuthenticate, `Basic realm="snomredirect", charset="UTF-8"`)
		header.Set(echo.HeaderConnection, "close")
		answer = func() { send(c, http.StatusUnauthorized, unauthorized.reply()) } // many tools read nothing but XML
	case errors.As(err, &waited):
		c.outcome = Busy
		header.Set(echo.HeaderRetryAfter, "2") // seconds
		line(http.StatusServiceUnavailable, "unavailable: try again later")
	case errors.As(err, &tooLarge):
		c.why = "too long: expected a call of at most 4 MiB"
		line(http.StatusRequestEntityTooLarge, c.why)
	case errors.Is(err, errEncoding):
		c.why = "unsupported encoding: expected Content-Encoding gzip, or none"
		header.Set(echo.HeaderAcceptEncoding, "gzip")
		line(http.StatusUnsupportedMediaType, c.why)
	case errors.As(err, &callFault):
		c.outcome = Fault
		answer = func() { send(c, http.StatusOK, callFault.reply()) }
	case errors.As(err, &incomplete):
		line(http.StatusBadRequest, "incomplete body: expected a whole call")
	case c.Request().Context().Err() != nil: // the tool has disconnected
	default:
		c.outcome = Failed
		h.Log.Error("call", "error", err)
		answer = func() { send(c, http.StatusOK, failure(err).reply()) }
	}
	h.logCall(c)
	answer()
}

// failure returns the fault for an internal error, of which a tool learns no more.
func failure(err error) *fault {
	if errors.Is(err, store.ErrUnavailable) { // the disk is full, for example
		return busy
	}
	return failed
}

var (
	// failed is the answer to an internal error.
	failed       = &fault{internal, "Internal error: see the service's log, or try again later."}
	unauthorized = &fault{application, "Unauthorized: expected the name and password of an account."}
	// busy is the answer to a call that changes something when changes can't be stored, and
	// the result of a part of a call that is not served now.
	busy = &fault{application, "Unavailable: try again later."}
)

func send(c echo.Context, status int, r reply) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, echo.MIMETextXML)
	header.Set(echo.HeaderContentLength, strconv.Itoa(r.len()))
	c.Response().WriteHeader(status)
	_ = r.write(c.Response()) // an error means that the tool has disconnected
}

// sendLine sends a refusal in plain text and closes the connection, so that clients
// that are not logged in keep none.
func sendLine(c echo.Context, status int, line string) {
	header := c.Response().Header()
	header.Set(echo.HeaderConnection, "close")
	header.Set(echo.HeaderContentType, echo.MIMETextPlainCharsetUTF8)
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(line)+1))
	c.Response().WriteHeader(status)
	_, _ = c.Response().Write([]byte(line + "\n"))
}
