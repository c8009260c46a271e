package redirect

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// An Explanation is the answer that a phone would get, and why it has its
// format.
type Explanation struct {
	MAC         macaddr.Addr // in the request; the zero Addr if it has none
	Status      int
	ContentType string
	Body        []byte
	// Because says what the service's default has to do with it, names the format and
	// the reason for it, and any further condition; it is "" unless the answer is a
	// settings file.
	Because string
	// Refusal is why the target is not a phone's request, or why its answer failed;
	// it is "" for a settings file.
	Refusal string
}

// Explainer returns a function that returns the answer of New(c) to GET target
// over plain HTTP from a phone with this User-Agent. The target is a path with
// its query. Explaining calls neither OnContact nor Observe, logs nothing, and
// neither has nor needs a budget for guesses.
func Explainer(c Config) func(target, userAgent string) Explanation {
	c.Scans = nil
	h := &handler{c}
	return func(target, userAgent string) Explanation {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" {
			return Explanation{Status: http.StatusBadRequest, Refusal: "the path is malformed"} // as net/http does
		}
		a := answer{protocol: store.HTTP}
		h.explain(&a, u, userAgent)
		e := Explanation{MAC: a.mac, Status: a.status, ContentType: a.contentType[0], Body: a.body}
		if !a.outcome.SendsFile() {
			e.Refusal = a.because.Error()
		} else {
			e.Because = h.defaultBecause(&a) + a.formatBecause()
			if c.RequireProof && a.mac.IsValid() {
				e.Because += "; over HTTPS only if a certificate proves its MAC"
			}
		}
		return e
	}
}

// explain sets a to the answer that New's routes would give, also if the store
// panics.
func (h *handler) explain(a *answer, u *url.URL, userAgent string) {
	defer func() {
		if recover() != nil {
			a.refuse(errPanic)
		}
	}()
	if path := cmp.Or(u.RawPath, u.Path); isHealthPath(path) { // as Echo routes it
		h.health(a, path)
		a.because = errHealthPath
		return
	}
	h.answer(a, u, userAgent, nil)
}

// defaultBecause returns what the service's default has to do with the answer, followed
// by "; ", or "".
func (h *handler) defaultBecause(a *answer) string {
	switch {
	case a.outcome == ToDefault:
		return "redirected to the service's default; "
	case a.outcome == PointsBack && a.owner == 0:
		return "the service's default is this service; "
	case a.outcome == Unregistered && a.code == "" && h.Default != nil && !h.Default().URL.IsZero():
		return "the service's default is only for MACs of snom's; "
	}
	return ""
}

var errHealthPath = errors.New("the path is for health checks")

// formatBecause returns the format and the reason for it.
func (r request) formatBecause() string {
	switch format := r.format(); {
	case format == settings.Container:
		return "a list of settings files, because the phone is an m9"
	case format == settings.XML:
		return "XML, because the firmware is " + r.agent.Firmware + " (7.1.8 and later read XML)"
	case r.agent.Desk && r.agent.Firmware != "":
		return "plain, because the firmware is " + r.agent.Firmware + " (7.1.8 and later read XML)"
	case r.agent.Firmware != "":
		return "plain, because the firmware version of a DECT base doesn't show whether it reads XML"
	}
	return "plain, because the User-Agent names no firmware, and every firmware reads plain"
}
