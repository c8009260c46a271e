package redirect

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Paths for monitoring. Both are 503 with a line that says why if look-ups fail. While
// changes are refused, the first is 503 too, and the second says so with status 200:
// phones are still answered, so nothing is gained by sending them elsewhere.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

func isHealthPath(path string) bool { return path == healthPath || path == readyPath }

func (h *handler) serveHealth(c echo.Context) error {
	x := c.(*exchange)
	h.health(&x.answer, x.Path())
	x.send()
	return nil
}

// health sets a to how the service is.
func (h *handler) health(a *answer, path string) {
	if err := h.findAny(); err != nil {
		a.err = err
		a.setLine(http.StatusServiceUnavailable, "the store fails: see the log")
		return
	}
	status, line := http.StatusOK, "ok"
	if h.Refusing != nil {
		if why := h.Refusing(); why != nil {
			line = "phones are answered, but changes are refused: " + why.Error()
			if path == healthPath {
				status = http.StatusServiceUnavailable
			}
		}
	}
	a.setLine(status, line)
}
