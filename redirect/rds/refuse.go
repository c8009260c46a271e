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
	)
	c.outcome = NoCall
	switch {
	case errors.Is(err, errPanic):
		c.outcome = Panicked
		if !c.Response().Committed {
			send(c, http.StatusOK, failed.reply())
		}
	case errors.Is(err, echo.ErrMethodNotAllowed):
		header.Set(echo.HeaderAllow, http.MethodPost)
		sendLine(c, http.StatusMethodNotAllowed, "method not allowed: expected POST")
	case errors.Is(err, echo.ErrNotFound):
		sendLine(c, http.StatusNotFound, "not found: expected /xmlrpc")
	case errors.Is(err, store.ErrDenied):
		c.outcome = Denied
		header.Set(echo.HeaderWWWAuthenticate, `Basic realm="snomredirect", charset="UTF-8"`)
		header.Set(echo.HeaderConnection, "close")
		send(c, http.StatusUnauthorized, unauthorized.reply()) // many tools read nothing but XML
	case errors.As(err, &waited):
		c.outcome = Busy
		header.Set(echo.HeaderRetryAfter, "2") // seconds
		sendLine(c, http.StatusServiceUnavailable, "unavailable: try again later")
	case errors.As(err, &tooLarge):
		sendLine(c, http.StatusRequestEntityTooLarge, "too long: expected a call of at most 4 MiB")
	case errors.Is(err, errEncoding):
		header.Set(echo.HeaderAcceptEncoding, "gzip")
		sendLine(c, http.StatusUnsupportedMediaType, "unsupported encoding: expected Content-Encoding gzip, or none")
	case errors.As(err, &callFault):
		c.outcome = Fault
		send(c, http.StatusOK, callFault.reply())
	case errors.As(err, &incomplete):
		sendLine(c, http.StatusBadRequest, "incomplete body: expected a whole call")
	case c.Request().Context().Err() != nil: // the tool has disconnected
	default:
		c.outcome = Failed
		h.Log.Error("call", "error", err)
		send(c, http.StatusOK, failed.reply())
	}
}

var (
	// failed is the only answer to an internal error.
	failed       = &fault{internal, "Internal error: see the service's log, or try again later."}
	unauthorized = &fault{application, "Unauthorized: expected the name and password of an account."}
	// busy is the result of a part of a call that is not served now.
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
