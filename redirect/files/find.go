package files

import (
	"errors"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
	"snomredirect/redirect/proof"
	"snomredirect/redirect/scan"
	"snomredirect/store"
)

// maxLookups is the number of files that a request looks up if it gets none.
const maxLookups = 2

// anyMAC is any MAC, to look up if the result does not matter.
var anyMAC = macaddr.MustParse("000413220000")

func (h *handler) serveFile(c echo.Context) error {
	x, r := c.(*exchange), c.Request()
	x.request = parsePath(r.URL.Path, r.URL.RawPath, h.Path)
	if r.TLS != nil && h.PhoneAuthorities != nil {
		x.proven, _ = proof.MAC(r.TLS, h.PhoneAuthorities)
	}
	found, err := h.find(x)
	if err != nil {
		return err
	}
	if found == nil {
		x.sendRefusal()
		return nil
	}
	x.send(found)
	return nil
}

// find returns what to send or, with the outcome set, nil. Every refusal has looked up
// the token, a phone, what the account has and maxLookups files, if only for show.
func (h *handler) find(x *exchange) (*content, error) {
	var err error
	if x.account, err = h.Store.AccountOfToken(x.token); err != nil && !errors.Is(err, store.ErrNoFile) {
		return nil, err
	}
	if x.outcome, err = h.refusal(x); err != nil {
		return nil, err
	}
	space, err := h.Store.FileSpace(x.account)
	if err != nil && !errors.Is(err, store.ErrNoAccount) {
		return nil, err
	}
	if x.outcome == "" {
		found, err := h.choose(x, space)
		if found != nil || err != nil {
			return found, err
		}
	}
	for x.lookups < maxLookups {
		x.lookups++
		if _, _, err := h.Store.File(x.account, noName, 0); err != nil && !errors.Is(err, store.ErrNoFile) {
			return nil, err
		}
	}
	return nil, nil
}

// refusal returns why the client may not know whether the account has the file, or "".
func (h *handler) refusal(x *exchange) (Outcome, error) {
	price := h.price(x)
	phone := x.phone()
	look := phone
	if !look.IsValid() || price == scan.TooMuch {
		look = anyMAC
	}
	found, err := h.Store.Redirection(look)
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrPhonesDisabled) {
		return "", err
	}
	disabled := h.Store.PhonesDisabled(x.account)
	x.ofAccount = x.account != 0 && found.Owner == x.account && look == phone
	if price == scan.Miss && !x.otherCertificate() {
		h.settle(x)
	}
	switch {
	case price == scan.TooMuch:
		return Throttled, nil
	case x.account == 0:
		return NoToken, nil
	case disabled:
		return Disabled, nil
	case x.otherCertificate():
		return OtherCertificate, nil
	case h.RequireProof && !x.proven.IsValid():
		return Unproven, nil
	case !x.ofAccount && (x.mac.IsValid() || h.RequireProof):
		return OtherPhone, nil
	}
	return "", nil
}

// phone returns the phone that the request is of, if that is known.
func (x *exchange) phone() macaddr.Addr {
	if x.mac.IsValid() {
		return x.mac
	}
	return x.proven
}

// otherCertificate reports whether the certificate proves another MAC than the name has.
func (x *exchange) otherCertificate() bool {
	return x.mac.IsValid() && x.proven.IsValid() && x.proven != x.mac
}

// price takes what the request costs of the client's budget. A phone that proves its MAC
// guesses nothing, and who requests a general file names none.
func (h *handler) price(x *exchange) scan.Price {
	if h.Scans == nil || !x.mac.IsValid() || x.proven == x.mac {
		return scan.Free
	}
	return h.Scans.Take(x.mac, store.ClientAddr(x.Request().RemoteAddr), x.otherCertificate())
}

// settle gives back what a miss of a client has cost too much, and lets its next requests
// for the phone be free.
func (h *handler) settle(x *exchange) {
	from := store.ClientAddr(x.Request().RemoteAddr)
	if x.ofAccount {
		h.Scans.Hit(from)
	}
	if h.Remember != nil {
		h.Remember(x.mac, from, x.ofAccount)
	}
}

// choose returns the file with the requested name or, if there is none, what is made
// from the template. If there is neither, it returns nil, with the outcome set.
func (h *handler) choose(x *exchange, space store.FileSpace) (*content, error) {
	x.outcome = NoFile
	for _, name := range [...]store.FileName{x.name, x.template} {
		if name == noName {
			continue
		}
		c, err := h.load(x, space, name)
		if errors.Is(err, store.ErrNoFile) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.template == nil {
			if name != x.name { // a phone requests both, and needs this one only once
				x.optional = true
				continue
			}
			x.served, x.version = c.file.Name, c.file.At
			return c, nil
		}
		if !x.mac.IsValid() { // a template is never served as it is
			continue
		}
		filled, err := h.fill(x, space, c)
		if filled == nil && err == nil {
			x.outcome = NoRow
		}
		return filled, err
	}
	return nil, nil
}
