package redirect

import (
	"strconv"
	"sync"

	"github.com/labstack/echo/v4"

	"snomredirect/redirect/settings"
)

// An exchange carries the answer to a request from its handler to observe. Exchanges
// are used again, with the room of their bodies.
type exchange struct {
	echo.Context
	answer answer
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func newExchange(c echo.Context) *exchange {
	x := exchanges.Get().(*exchange)
	x.Context = c
	return x
}

// free ends the use of x and of its answer.
func (x *exchange) free() {
	*x = exchange{answer: answer{body: x.answer.body[:0]}}
	exchanges.Put(x)
}

// send writes the whole answer. It sets the length for HEAD too. Errors are
// ignored: the phone has hung up.
func (x *exchange) send() {
	w, a := x.Response(), &x.answer
	// Values that are shared, because each would be an allocation; nobody changes them.
	w.Header()[echo.HeaderContentType] = a.contentType
	w.Header()[echo.HeaderContentLength] = contentLength(len(a.body))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// Values of the header Content-Type.
var (
	contentTypes = func() map[settings.Format][]string {
		types := map[settings.Format][]string{}
		for _, f := range settings.Formats() {
			types[f] = []string{f.ContentType()}
		}
		return types
	}()
	lineType = []string{"text/plain; charset=utf-8"}
)

// lengths are the values of the header Content-Length up to the longest answer that is
// usual.
var lengths = func() (all [512][]string) {
	for n := range all {
		all[n] = []string{strconv.Itoa(n)}
	}
	return all
}()

func contentLength(n int) []string {
	if n < len(lengths) {
		return lengths[n]
	}
	return []string{strconv.Itoa(n)}
}
