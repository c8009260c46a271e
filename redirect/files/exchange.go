package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// An exchange is a request and what is known about it. Exchanges are used again.
type exchange struct {
	echo.Context
	request
	protocol store.Protocol
	account  store.AccountID // that has the token, or 0
	proven   macaddr.Addr    // the MAC that the client's certificate proves, if any
	// ofAccount means that the account has registered the phone, which is mac or, for a
	// general file, the one that is proven.
	ofAccount bool
	optional  bool    // the phone has the general file, and need not have one of its own
	lookups   int     // of files
	outcome   Outcome // "" for the paths for monitoring
	served    store.FileName
	version   time.Time // when the served file was uploaded
	err       error     // why the store failed, for the log only
	land      func()    // ends what inFlight counts, or nil
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func newExchange(c echo.Context) *exchange {
	x := exchanges.Get().(*exchange)
	x.Context = c
	return x
}

// free ends the use of x.
func (x *exchange) free() {
	if x.land != nil {
		x.land()
	}
	*x = exchange{}
	exchanges.Put(x)
}

// Values of header fields. They are shared, because each would be an allocation; nobody
// changes them.
var (
	lineType  = []string{"text/plain; charset=utf-8"}
	xmlType   = []string{"application/xml"}
	htmlType  = []string{"text/html"} // without a charset: the file may declare one
	plainType = []string{"text/plain"}

	// A proxy may keep no file, which can contain a password, and asks again each time.
	private = []string{"private, no-cache"}
	nosniff = []string{"nosniff"}
)

// send sends a file, or the part of it or the answer about it that the request's
// conditions select.
func (x *exchange) send(c *content) {
	w := x.Response()
	header := w.Header()
	header["Etag"] = c.etag
	header["Cache-Control"] = private
	header["X-Content-Type-Options"] = nosniff
	header[echo.HeaderContentType] = c.contentType
	// The reader is not used again: if a client of several ranges hangs up, net/http reads
	// on after it has returned.
	http.ServeContent(body{w}, x.Request(), "", c.modified, bytes.NewReader(c.text))
	switch w.Status {
	case http.StatusNotModified, http.StatusPreconditionFailed:
		x.outcome = NotModified
	case http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		x.outcome = Partly
	default:
		x.outcome = Served
	}
}

// A body is a response to which net/http copies a file without a buffer as large as the
// file.
type body struct{ *echo.Response }

// ReadFrom implements [io.ReaderFrom].
func (b body) ReadFrom(r io.Reader) (int64, error) {
	if limited, ok := r.(*io.LimitedReader); ok {
		if text, ok := limited.R.(*bytes.Reader); ok && int64(text.Len()) <= limited.N {
			return text.WriteTo(b.Response)
		}
	}
	return io.Copy(struct{ io.Writer }{b.Response}, r)
}

// sendRefusal sends the answer to a request that gets no file. It is the same for all
// outcomes that look alike.
func (x *exchange) sendRefusal() {
	switch x.outcome {
	case MethodNotAllowed:
		x.sendLine(http.StatusMethodNotAllowed, "method not allowed: expected GET or HEAD")
	case Busy:
		x.sendLine(http.StatusServiceUnavailable, "busy: try again later")
	case Failed, Panicked:
		x.sendLine(http.StatusInternalServerError, "internal error: try again later")
	default:
		x.sendLine(http.StatusNotFound, "not found")
	}
}

// sendLine sends a line of text, and the length for HEAD too. Errors are ignored: the
// client has hung up.
func (x *exchange) sendLine(status int, line string) {
	w := x.Response()
	w.Header()[echo.HeaderContentType] = lineType
	w.Header()[echo.HeaderContentLength] = []string{strconv.Itoa(len(line) + 1)}
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(line), '\n'))
}

// fail sets the outcome of an error of a handler or of Echo. Echo has no route for paths
// without a slash.
func (x *exchange) fail(err error) {
	switch {
	case errors.Is(err, echo.ErrMethodNotAllowed):
		x.outcome = MethodNotAllowed
	case errors.Is(err, echo.ErrNotFound):
		x.outcome = NoToken
	case errors.Is(err, errPanic):
		x.outcome = Panicked
	case errors.Is(err, errInFlight), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		x.outcome = Busy
	default:
		x.outcome, x.err = Failed, err
	}
}
