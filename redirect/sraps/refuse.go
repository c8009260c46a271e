package sraps

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"snomredirect/store"
)

// A reply is the answer to a call.
type reply struct {
	status int
	body   any    // as JSON; nil is none
	next   string // the URL of the next page, or ""
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

func (r reply) send(c echo.Context) {
	header := c.Response().Header()
	if r.body == nil {
		c.Response().WriteHeader(r.status)
		return
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // URLs stay readable
	_ = e.Encode(r.body)   // plain values can be encoded
	header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	header.Set(echo.HeaderContentLength, strconv.Itoa(text.Len()))
	if r.next != "" {
		header.Set("Link", "<"+r.next+`>; rel="next"`)
	}
	c.Response().WriteHeader(r.status)
	_, _ = c.Response().Write(text.Bytes()) // an error means that the tool has disconnected
}

// A refusal is why a call is refused: a status and a sentence for the tool.
type refusal struct {
	status  int
	message string
}

func (r refusal) Error() string { return r.message }

func refusef(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

// What tools look for in messages.
const (
	takenMAC   = "taken_mac_or_forbidden"
	invalidMAC = "device.mac.invalid"
)

// explain words an error of the store about a phone, and returns others as they are.
func explain(err error, mac fmt.Stringer) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return refusef(http.StatusNotFound, "%v is not registered.", mac)
	case errors.Is(err, store.ErrTaken):
		return refusef(http.StatusForbidden, takenMAC+": %v is registered by another account.", mac)
	case errors.Is(err, store.ErrNoSettingServer):
		return refusef(http.StatusUnprocessableEntity, "%v would have no setting server: send its URL as the value of setting_server.", mac)
	case errors.Is(err, store.ErrQuota):
		return refusef(http.StatusForbidden, "quota_exceeded: the account has as many phones as its quota, including those on hold.")
	case errors.Is(err, store.ErrTooManyNew):
		return refusef(http.StatusTooManyRequests, "too_many_new_phones_today: the account has registered as many new phones as it can within a day.")
	case errors.Is(err, store.ErrTooManyTaken):
		return refusef(http.StatusTooManyRequests, "too_many_phones_of_others_today: the account has named too many phones of other accounts in a day.")
	}
	return err
}

// refuse answers an error. Internal errors are only logged.
func (h *handler) refuse(err error, c *request) {
	var (
		tooLarge   *http.MaxBytesError
		incomplete readError
		waited     unavailable
		refused    refusal
		login      denied
	)
	header := c.Response().Header()
	status := 0 // a tool that has disconnected gets no answer
	c.outcome, c.why = NoCall, err.Error()
	switch {
	case errors.Is(err, errPanic):
		c.outcome, c.why = Panicked, internal
		if !c.Response().Committed {
			status = http.StatusInternalServerError
		}
	case errors.Is(err, echo.ErrMethodNotAllowed):
		status, c.why = http.StatusMethodNotAllowed, "There is no call with this method at this path."
	case errors.Is(err, echo.ErrNotFound):
		status, c.why = http.StatusNotFound, "There is no such path: expected one of "+Base+"tokens/, settings/, product-groups/ and companies/."
	case errors.As(err, &login):
		c.outcome, status = Denied, http.StatusUnauthorized
		header.Set(echo.HeaderWWWAuthenticate, login.header)
		header.Set(echo.HeaderConnection, "close")
	case errors.As(err, &refused):
		status = refused.status
		if c.outcome = Refused; status == http.StatusBadRequest {
			c.outcome = NoCall
		}
	case errors.As(err, &tooLarge):
		status, c.why = http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is too long: expected at most %d bytes.", maxBody)
	case errors.As(err, &incomplete):
		status, c.why = http.StatusBadRequest, "The body is incomplete."
	case errors.As(err, &waited), errors.Is(err, store.ErrUnavailable): // the disk is full, for example
		c.outcome, status, c.why = Busy, http.StatusServiceUnavailable, "The service can't do this now: try again later."
		header.Set("Retry-After", "2") // seconds
	case c.Request().Context().Err() != nil: // the tool has disconnected
	default:
		c.outcome, status, c.why = Failed, http.StatusInternalServerError, internal
		h.Log.Error("call", "error", err)
	}
	h.logCall(c)
	if status != 0 {
		reply{status: status, body: message{c.why}}.send(c)
	}
}

// internal is all that a tool learns of an internal error.
const internal = "Internal error: see the service's log, or try again later."

// A message is the body of an error.
type message struct {
	Message string `json:"message"`
}
