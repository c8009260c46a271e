package redirect

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
	"snomredirect/redirect/proof"
	"snomredirect/redirect/scan"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// An answer is the HTTP answer to a request, and what is known about the request.
type answer struct {
	request
	code     string     // of the claim in the path, or ""
	from     netip.Addr // the client
	protocol store.Protocol
	owner    store.AccountID // of the phone, if it was looked up and is registered
	proven   macaddr.Addr    // the MAC that the client's certificate proves, if any
	outcome  Outcome         // "" for the paths for monitoring, which no phone requests
	because  error           // why the request is refused or, if there might have been a proof, why there is none
	err      error           // why the store failed, for the log only

	format      settings.Format // if the outcome sends a file
	status      int
	contentType []string // the header's, shared by all answers
	body        []byte
}

// answer sets a, which must be zero but for the client's address, the protocol and the
// room of its body, to the answer to GET u from a client with this User-Agent. The
// connection is nil over plain HTTP. If the store panics, a keeps what was known before.
func (h *handler) answer(a *answer, u *url.URL, userAgent string, connection *tls.ConnectionState) {
	code, path, _ := cutClaim(cmp.Or(u.RawPath, u.Path))
	a.code = code
	var err error
	if a.request, err = parseRequest(path, u.RawQuery, userAgent); err != nil {
		a.refuse(err)
		return
	}
	if connection != nil && h.PhoneAuthorities != nil && a.mac.IsValid() {
		a.proven, a.because = proof.MAC(connection, h.PhoneAuthorities)
	}
	server, outcome, err := h.find(a)
	if err != nil {
		a.refuse(err)
		return
	}
	a.outcome = outcome
	a.format = a.request.format()
	a.status, a.contentType = http.StatusOK, contentTypes[a.format]
	a.body = a.format.AppendText(slices.Grow(a.body[:0], 384), server.String())
}

// find returns the setting server to send, or the zero URL for none.
func (h *handler) find(a *answer) (store.URL, Outcome, error) {
	if !a.mac.IsValid() {
		return store.URL{}, NoMAC, nil
	}
	price := h.price(a)
	if price == scan.TooMuch {
		return store.URL{}, Throttled, h.findAny()
	}
	// Also if the answer does not need it: the contact is its owner's.
	found, err := h.Finder.Redirection(a.mac)
	a.owner = found.Owner
	if a.owner != 0 && price == scan.Miss && !a.otherMAC() && !a.otherCertificate() {
		h.Scans.Hit(a.from)
	}
	if a.otherCertificate() {
		return store.URL{}, OtherCertificate, nil
	}
	if a.code != "" {
		if won, err := h.claim(a); err != nil || !won {
			return store.URL{}, Unregistered, err
		}
		found, err = h.Finder.Redirection(a.mac)
		a.owner = found.Owner
	}
	server, outcome := found.URL, Redirected
	switch {
	case errors.Is(err, store.ErrNotFound):
		if server, outcome = h.defaultFor(a), ToDefault; server.IsZero() {
			return store.URL{}, Unregistered, nil
		}
	case errors.Is(err, store.ErrPhonesDisabled):
		return store.URL{}, Disabled, nil
	case err != nil:
		return store.URL{}, "", err
	}
	switch {
	case h.PublicNames.Contains(server):
		return store.URL{}, PointsBack, nil
	case h.RequireProof && a.protocol != store.HTTP && !a.proven.IsValid():
		return store.URL{}, Unproven, nil
	}
	return server, outcome, nil
}

// defaultFor returns where the phone is sent if nobody has registered it, or the zero
// URL.
func (h *handler) defaultFor(a *answer) store.URL {
	if h.Default == nil {
		return store.URL{}
	}
	return h.Default().For(a.mac)
}

// price takes what the request costs of the client's budget. A phone that proves its
// MAC guesses nothing.
func (h *handler) price(a *answer) scan.Price {
	if h.Scans == nil || a.proven == a.mac {
		return scan.Free
	}
	return h.Scans.Take(a.mac, a.from, a.otherMAC() || a.otherCertificate())
}

// otherMAC reports whether the User-Agent names another MAC than the path.
func (a *answer) otherMAC() bool { return a.agent.MAC.IsValid() && a.agent.MAC != a.mac }

// otherCertificate reports whether the certificate proves another MAC.
func (a *answer) otherCertificate() bool { return a.proven.IsValid() && a.proven != a.mac }

// anyMAC is any MAC, to look up if the result does not matter.
var anyMAC = macaddr.MustParse("000413220000")

// findAny reports whether a look-up works. It takes as long as that of a phone, and is
// the same for all.
func (h *handler) findAny() error {
	_, err := h.Finder.Redirection(anyMAC)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrPhonesDisabled) {
		return nil
	}
	return err
}

// refused reports whether a phone gets a refusal.
func (a *answer) refused() bool { return a.outcome != "" && !a.outcome.SendsFile() }

// refuse sets a to the refusal for err: one line that says what was expected and
// shows nothing of an internal error.
func (a *answer) refuse(err error) {
	_, wrongPath := err.(pathError)
	_, wrongMAC := err.(macError)
	a.because = err
	switch {
	case wrongMAC:
		a.outcome = Malformed
		a.setLine(http.StatusBadRequest, err.Error())
	case wrongPath:
		a.outcome = NotFound
		a.setLine(http.StatusNotFound, errNotFound.Error())
	case errors.Is(err, echo.ErrNotFound): // for a path without a slash, "" or "*"
		a.outcome, a.because = NotFound, errNoFile
		a.setLine(http.StatusNotFound, errNotFound.Error())
	case errors.Is(err, echo.ErrMethodNotAllowed):
		a.outcome, a.because = MethodNotAllowed, errMethod
		a.setLine(http.StatusMethodNotAllowed, errMethod.Error())
	case errors.Is(err, errPanic):
		a.outcome, a.because = Panicked, errFailed
		a.setLine(http.StatusInternalServerError, internalError)
	default:
		a.outcome, a.because, a.err = Failed, errFailed, err
		a.setLine(http.StatusInternalServerError, internalError)
	}
}

var (
	errMethod = errors.New("method not allowed: expected GET or HEAD")
	errFailed = errors.New("internal error") // the log has more
)

const internalError = "internal error: try again later"

func (a *answer) setLine(status int, line string) {
	a.status, a.contentType, a.body = status, lineType, append(append(a.body[:0], line...), '\n')
}
