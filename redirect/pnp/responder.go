package pnp

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/macaddr"
)

// rememberFor is how long a SUBSCRIBE with the same Call-ID is a retransmission. Later
// it is answered as a new one.
const rememberFor = 10 * time.Second

// repeats are the pauses before each repetition of a NOTIFY: 0.5, 1 and 2 s after it
// was first sent.
var repeats = []time.Duration{500 * time.Millisecond, 500 * time.Millisecond, time.Second}

// maxDialogs bounds the table of dialogs, which forgets the one that was not used for
// longest. It has room for all that the budget allows within rememberFor.
const maxDialogs = 1 << 14

// A dialogID identifies a dialog. With the source, nobody can end that of another
// phone.
type dialogID struct {
	remote netip.AddrPort
	callID string
}

// A dialog is what is remembered of a subscription.
type dialog struct {
	mac   macaddr.Addr
	begun time.Time
	tag   string // of this service's side, or empty if the phone gets no answer
	// notify is the NOTIFY, without data once it is not repeated any more.
	notify    datagram
	repeat    *time.Timer
	done      int // repetitions
	confirmed bool
}

// end ends the repetition of the NOTIFY.
func (d *dialog) end() {
	d.notify = datagram{}
	if d.repeat != nil {
		d.repeat.Stop()
	}
}

// A responder answers datagrams, wherever they come from. It is safe for concurrent
// use.
type responder struct {
	Config
	send     func(datagram) error
	newToken func() string // unguessable, for tags and branches

	mu      sync.Mutex
	budget  *budget
	dialogs *simplelru.LRU[dialogID, *dialog]
}

func newResponder(c Config, send func(datagram) error) *responder {
	return &responder{
		Config: c, send: send, newToken: rand.Text,
		budget:  newBudget(),
		dialogs: newTable(maxDialogs, func(_ dialogID, d *dialog) { d.end() }),
	}
}

// close ends the repetition of all NOTIFYs.
func (r *responder) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dialogs.Purge()
}

// receive answers a datagram, whose data it does not keep, and reports the outcome.
func (r *responder) receive(d datagram) {
	about, answers, outcome := r.handle(d, time.Now())
	for _, a := range answers {
		if !r.sent(a) {
			outcome = Unsent
			break
		}
	}
	r.report(outcome, about)
}

// sent sends a datagram, and reports whether that was possible.
func (r *responder) sent(d datagram) bool {
	err := r.send(d)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		r.Log.Warn("Plug & Play: sending failed", "to", d.remote, "error", err)
	}
	return err == nil
}

// report reports what became of a datagram, and of whom it was.
func (r *responder) report(o Outcome, about Subscription) {
	if r.Log.Enabled(context.Background(), slog.LevelDebug) {
		attrs := []any{"outcome", o, "from", about.From}
		if about.MAC.IsValid() {
			attrs = append(attrs, "mac", about.MAC.String(), "vendor", about.Vendor, "model", about.Model, "firmware", about.Firmware)
		}
		r.Log.Debug("Plug & Play", attrs...)
	}
	if r.Observe != nil {
		r.Observe(o)
	}
}

// handle returns the answers to a datagram, and what it says about a phone.
func (r *responder) handle(d datagram, now time.Time) (about Subscription, answers []datagram, o Outcome) {
	about.From = d.remote
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error("panic", "in", "Plug & Play", "error", p, "stack", string(debug.Stack()))
			answers, o = nil, Panicked
		}
	}()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.budget.ofSource(d.remote.Addr(), now) {
		return about, nil, Throttled
	}
	request, answer, o := parse(d.data)
	switch {
	case o != "":
		return about, nil, o
	case answer != nil:
		return about, nil, r.confirm(dialogID{d.remote, answer.callID}, answer.success)
	}
	request.From = d.remote
	answers, o = r.subscribe(request, d.path, now)
	return request.Subscription, answers, o
}

// confirm ends the repetition of a NOTIFY that the phone has answered.
func (r *responder) confirm(id dialogID, success bool) Outcome {
	d, ok := r.dialogs.Get(id)
	switch {
	case !ok || d.tag == "":
		return Stray
	case d.confirmed:
		return Repeated // the phone has got a repetition too
	}
	d.confirmed = true
	d.end()
	if !success {
		return Rejected
	}
	return Confirmed
}

// subscribe returns the answers to a SUBSCRIBE.
func (r *responder) subscribe(s *subscribe, p path, now time.Time) ([]datagram, Outcome) {
	if !r.budget.ofAll(now) {
		return nil, Throttled
	}
	id := dialogID{p.remote, s.callID}
	if d, ok := r.dialogs.Get(id); ok && now.Sub(d.begun) < rememberFor {
		switch {
		case d.mac != s.MAC:
			return nil, Malformed // one dialog is of one phone
		case d.tag == "":
			return nil, Repeated
		}
		return []datagram{{p, s.ok(d.tag, p)}}, Repeated
	}
	url := r.Answer(s.Subscription)
	d := &dialog{mac: s.MAC, begun: now}
	r.dialogs.Remove(id) // an old one, so that it ends
	r.dialogs.Add(id, d)
	if url.IsZero() {
		return nil, Silent
	}
	d.tag = r.newToken()
	d.notify = datagram{p, s.notify(d.tag, "z9hG4bK"+r.newToken(), url, p)}
	d.repeat = time.AfterFunc(repeats[0], func() { r.repeat(d) })
	return []datagram{{p, s.ok(d.tag, p)}, d.notify}, Answered
}

// repeat sends a NOTIFY again, and later once more, until it is confirmed.
func (r *responder) repeat(d *dialog) {
	if notify := r.next(d); notify.data != nil {
		r.sent(notify)
	}
}

// next returns the NOTIFY that is due, and sets the timer of the one after it.
func (r *responder) next(d *dialog) datagram {
	r.mu.Lock()
	defer r.mu.Unlock()
	notify := d.notify
	if notify.data == nil {
		return notify // it was confirmed just now
	}
	if d.done++; d.done < len(repeats) {
		d.repeat.Reset(repeats[d.done])
	} else {
		d.end()
	}
	return notify
}
