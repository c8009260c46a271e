package files

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"snomredirect/store"
)

// Paths for monitoring, with the answers that package redirect gives there. No token is
// so short.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

func (h *handler) serveHealth(c echo.Context) error {
	x := c.(*exchange)
	if _, err := h.Store.AccountOfToken(noToken); err != nil && !errors.Is(err, store.ErrNoFile) {
		x.err = err
		x.sendLine(http.StatusServiceUnavailable, "the store fails: see the log")
		return nil
	}
	status, line := http.StatusOK, "ok"
	if h.Refusing != nil {
		if why := h.Refusing(); why != nil {
			line = "files are served, but changes are refused: " + why.Error()
			if x.Path() == healthPath {
				status = http.StatusServiceUnavailable
			}
		}
	}
	x.sendLine(status, line)
	return nil
}
