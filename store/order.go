package store

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"snomredirect/macaddr"
)

// A Cause is the command that something is changed for: under whose rights, and
// what the history tells of it.
type Cause struct {
	By    AccountID // 0 is the service itself
	Name  Name      // By's, for an account may be removed later
	From  string    // the caller's address
	With  string    // the fingerprint of the key that let the caller in, or "password"
	Agent string    // what the caller's tool calls itself, as [CleanAgent] returns it; "" of a person
	Begun time.Time // all that one command changes has the same; zero is now
	What  string    // the command, such as "ACCOUNT KEY ADD"
	// Detail is what it was given besides phones, and is for the eyes of the
	// account whose history it enters: a URL, a fingerprint.
	Detail string

	// DryRun finds out what would happen and changes nothing, neither what the
	// command is about nor the history.
	DryRun bool
}

// maxAgent bounds what is kept of a tool's name, in bytes.
const maxAgent = 200

// CleanAgent returns the User-Agent of a tool as it is kept and shown: the first
// 200 bytes, with a question mark for all that does not print.
func CleanAgent(userAgent string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.TrimSpace(userAgent[:min(len(userAgent), maxAgent)]))
}

// A Kind of order is the rule that it runs.
type Kind uint8

// The kinds: each runs the rule of its name, [Register], [Deregister],
// [Retarget], [Transfer] or [Free].
const (
	OrderRegister Kind = iota
	OrderDeregister
	OrderRetarget
	OrderTransfer
	OrderFree
)

// An Order changes phones by one rule, in one transaction.
type Order struct {
	Cause   Cause
	Kind    Kind
	Owner   AccountID // who has the phones then, for OrderRegister and OrderTransfer
	From    AccountID // whose phones alone OrderDeregister and OrderTransfer change; 0 is anybody's
	Was     URL       // for OrderRetarget
	Changes []Change  // one after another, where a phone is named more than once
	// Atomic changes no phone if one of the changes is refused; the outcomes of
	// the others tell what would have been.
	Atomic bool
	// Upload, where it is not nil, is what the record of the upload that this
	// order is a part of becomes with it, refusals or not: these are added to
	// what it says has failed.
	Upload *Upload
}

// A Change is what an order does to one phone.
type Change struct {
	MAC macaddr.Addr
	URL URL // its own from then on, for OrderRegister and OrderRetarget
}

// An Outcome is what became of a change: the phone before and after, which are
// the same where nothing changed or it was refused, and why it was refused.
type Outcome struct {
	Prev, Next Phone
	Err        error // ErrNotFound, ErrTaken, ErrNoSettingServer, ErrNotHeld or ErrNotOperator
}

// Apply runs the order's rule for one change. by and owner are the accounts that
// the order names, prev is the phone as it stands, hold how long a deregistered
// one is held.
func (o Order) Apply(c Change, prev Phone, by, owner Account, hold time.Duration, now time.Time) Outcome {
	prev = prev.At(now)
	out := Outcome{Prev: prev, Next: prev}
	switch o.Kind {
	case OrderRegister:
		if owner.ID != by.ID && !by.Operates() {
			out.Err = ErrNotOperator
			break
		}
		out.Next, out.Err = Register(prev, c.MAC, owner, c.URL, now)
	case OrderDeregister:
		if o.From != 0 && prev.Owner != 0 && prev.Owner != o.From {
			out.Err = ErrTaken
			break
		}
		out.Next, out.Err = Deregister(prev, by, hold, now)
	case OrderRetarget:
		out.Next, out.Err = Retarget(prev, by, o.Was, c.URL)
	case OrderTransfer:
		if o.From != 0 && prev.Owner != o.From {
			out.Err = ErrNotFound
			break
		}
		out.Next, out.Err = Transfer(prev, by, owner)
	case OrderFree:
		out.Next, out.Err = Free(prev, by)
	}
	return out
}

// An Upload is a list of phones, or other work on many of them, on its way
// through many orders: kept so that an interrupted one can be told.
type Upload struct {
	ID      uint64    `json:"-"` // given when it begins
	Account AccountID `json:"account"`
	What    string    `json:"what"` // the command
	From    string    `json:"from"` // the caller's address
	Begun   time.Time `json:"begun"`
	Lines   int       `json:"lines"`  // up to which all has been tried
	Some    int       `json:"some"`   // up to which some has, if that is more
	Failed  int       `json:"failed"` // of these
	Phones  bool      `json:"phones"` // what counts is phones, and not lines of a list
	Done    bool      `json:"-"`      // it has ended, and nothing is left to tell
}
