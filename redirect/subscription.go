package redirect

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Subscription is a phone's request for the URL of its settings by SIP Plug & Play.
type Subscription struct {
	MAC macaddr.Addr
	// Model and Firmware are what the phone reports about itself, or "". Anybody can
	// send anything.
	Model, Firmware string
	From            netip.Addr
}

// Subscriber returns a function that returns the URL to notify a phone of, from the
// same store and by the same rules as New(c). The zero URL stands for no answer, so
// that another server on the network can answer. Contacts and outcomes are reported as
// for New(c).
//
// If proof is required, the URL is this service's own over HTTPS, where the phone can
// prove its MAC, and no setting server is sent in the clear.
func Subscriber(c Config) func(Subscription) store.URL {
	h := newHandler(c)
	return func(s Subscription) store.URL {
		start := time.Now()
		var a answer
		url := h.notice(&a, s)
		took := time.Since(start)
		h.logSubscription(&a, s, url)
		h.report(nil, &a, took)
		return url
	}
}

// SubscriptionExplainer returns a function that explains what a phone is notified of, in
// the manner of [Explainer]. The status of a phone that gets no answer is 0.
func SubscriptionExplainer(c Config) func(Subscription) Explanation {
	c.Scans = nil
	h := newHandler(c)
	return func(s Subscription) Explanation {
		var a answer
		url := h.notice(&a, s)
		e := Explanation{MAC: s.MAC}
		switch {
		case a.refused():
			e.Refusal = errFailed.Error()
			return e
		case url.IsZero():
			e.Because = "no answer, so that another server on the network can answer"
		default:
			e.Status, e.ContentType, e.Body = http.StatusOK, "application/url", []byte(url.String())
			if a.outcome == Unproven {
				e.Because = "sent to this service over HTTPS, where a certificate can prove its MAC"
			}
		}
		e.Because = strings.TrimSuffix(h.defaultBecause(&a)+e.Because, "; ")
		return e
	}
}

// notice sets a to the answer to a subscription, and returns the URL to send. If
// something panics, there is none.
func (h *handler) notice(a *answer, s Subscription) (url store.URL) {
	defer func() {
		if r := recover(); r != nil {
			h.Log.Error("panic", "mac", s.MAC.String(), "error", r, "stack", string(debug.Stack()))
			url = store.URL{}
			a.refuse(errPanic)
		}
	}()
	a.from, a.protocol = s.From, store.PnP
	a.mac = s.MAC
	if isModel(s.Model) {
		a.model = s.Model
	}
	if isVersion(s.Firmware) {
		a.agent.Firmware = s.Firmware
	}
	url, outcome, err := h.find(a)
	if err != nil {
		a.refuse(err)
		return store.URL{}
	}
	a.outcome = outcome
	if outcome == Unproven && h.SecureURL != "" {
		model := a.model
		if model == "" {
			model = "snom"
		}
		return store.RestoreURL(fmt.Sprintf("%s/%s/%s.php?mac=%v", h.SecureURL, model, model, a.mac))
	}
	return url
}
