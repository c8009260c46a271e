package store

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"snomredirect/macaddr"
)

// An Audit is what the history records of a change: the command, and who gave it.
type Audit struct {
	Actor      AccountID // 0 is the service itself
	Name       Name      // the actor's, because an account may be removed later
	RemoteAddr string    // the client's address, without its port
	Credential string    // the fingerprint of the key that the actor logged in with, or "password"
	Agent      string    // the User-Agent of a tool, as [CleanAgent] returns it; "" for a person
	Begun      time.Time // the same for all changes of one command; if zero, the current time
	Command    string    // such as "ACCOUNT KEY ADD"
	// Detail is an argument of the command other than phones, such as a URL or a
	// fingerprint. The account whose history contains it can read it.
	Detail string
	// Undoable means that the actor can undo the command. It must have a Begun. It is not
	// part of the history.
	Undoable bool `json:"-"`
}

// maxAgent is the maximum length of a stored User-Agent in bytes.
const maxAgent = 200

// CleanAgent returns the User-Agent of a tool as it is stored and shown: the first
// 200 bytes of its [Printable] form.
func CleanAgent(userAgent string) string {
	return Printable(strings.TrimSpace(userAgent[:min(len(userAgent), maxAgent)]))
}

// Printable returns s with unprintable characters replaced by question marks, so that
// none of them reaches a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// A Rule is what a batch does to each of its phones.
type Rule uint8

// The rules. Each runs the function of its name: [Register], [Deregister],
// [Retarget], [Transfer], [Free], [Annotate] or [Restore].
const (
	RuleRegister Rule = iota
	RuleDeregister
	RuleRetarget
	RuleTransfer
	RuleFree
	RuleAnnotate
	RuleRestore
)

// A Batch changes phones by one rule, in one transaction.
type Batch struct {
	Audit   Audit
	Rule    Rule
	Owner   AccountID // the new owner, for RuleRegister and RuleTransfer; the actor, for RuleRestore
	From    AccountID // RuleDeregister and RuleTransfer change only phones of this account; 0 is any
	Was     URL       // for RuleRetarget
	NoHold  bool      // RuleDeregister puts no phone on hold; only for operators
	Changes []Change  // applied in this order, if a phone is named more than once
	// Atomic changes no phone if one of the changes is refused; the results of
	// the others are then what would have happened.
	Atomic bool
	// DryRun reports what would happen and changes nothing: no phones, no history
	// and no job.
	DryRun bool
	// Job, if not nil, is stored with the batch, whether changes are refused or
	// not; the number of refused changes is added to its Failed.
	Job *Job
}

// A Change is what a batch does to one phone.
type Change struct {
	MAC macaddr.Addr
	URL URL // the phone's own from then on, for RuleRegister and RuleRetarget
	// KeepURL makes RuleRegister without a URL keep the phone's own, also that of a phone
	// on hold for the owner. If false, the phone follows its account.
	KeepURL bool
	// Note is the phone's from then on, for RuleAnnotate and, if Noted is set, for
	// RuleRegister.
	Note  Note
	Noted bool
	// Reversal is what RuleRestore undoes.
	Reversal *Reversal
}

// A Result is a phone before and after a change. The two are the same if
// nothing changed or the change was refused.
type Result struct {
	Prev, Next Phone
	Err        error // why it was refused: ErrNotFound, ErrTaken, ErrNoSettingServer, ErrNotHeld, ErrNotOperator, ErrQuota, ErrTooManyNew or ErrTooManyTaken
}

// Gives reports whether the batch's rule gives phones to its Owner.
func (b Batch) Gives() bool {
	return b.Rule == RuleRegister || b.Rule == RuleTransfer || b.Rule == RuleRestore
}

// Take runs [Usage.Take] for a result of Apply: a phone that the new owner may not get
// is refused. usage is the owner's before the change, and Take returns it after it.
func (b Batch) Take(r Result, usage Usage, now time.Time) (Result, Usage) {
	if r.Err != nil || !b.Gives() || r.Next.Owner != b.Owner {
		return r, usage
	}
	if usage, r.Err = usage.Take(r.Prev, r.Next, now); r.Err != nil {
		r.Next = r.Prev
	}
	return r, usage
}

// Apply runs the batch's rule for one change, which does not include the owner's
// quota. by and owner are the accounts of
// Audit.Actor and Owner, prev is the phone as it stands, and hold is how long a
// deregistered phone stays on hold.
func (b Batch) Apply(c Change, prev Phone, by, owner Account, hold time.Duration, now time.Time) Result {
	prev = prev.At(now)
	out := Result{Prev: prev, Next: prev}
	switch b.Rule {
	case RuleRegister:
		if owner.ID != by.ID && !by.Operates() {
			out.Err = ErrNotOperator
			break
		}
		url := c.URL
		if c.KeepURL && url.IsZero() && prev.Owner == owner.ID {
			url = prev.URL
		}
		if out.Next, out.Err = Register(prev, c.MAC, owner, url, now); out.Err == nil && c.Noted {
			out.Next.Note = c.Note
		}
	case RuleDeregister:
		if b.From != 0 && prev.Owner != 0 && prev.Owner != b.From {
			out.Err = ErrTaken
			break
		}
		if b.NoHold {
			if hold = 0; !by.Operates() {
				out.Err = ErrNotOperator
				break
			}
		}
		out.Next, out.Err = Deregister(prev, by, hold, now)
	case RuleRetarget:
		out.Next, out.Err = Retarget(prev, by, b.Was, c.URL)
	case RuleTransfer:
		if b.From != 0 && prev.Owner != b.From {
			out.Err = ErrNotFound
			break
		}
		out.Next, out.Err = Transfer(prev, by, owner)
	case RuleFree:
		out.Next, out.Err = Free(prev, by)
	case RuleAnnotate:
		out.Next, out.Err = Annotate(prev, by, c.Note)
	case RuleRestore:
		out.Next, out.Err = Restore(prev, by, *c.Reversal, now)
	}
	return out
}

// A Job is work on many phones that takes many batches: a list, a retarget, the
// removal of an account. It is stored until it is done, so that the progress of an
// interrupted job can be shown to the account.
type Job struct {
	ID         uint64    `json:"-"` // assigned when it begins
	Account    AccountID `json:"account"`
	Command    string    `json:"what"`
	RemoteAddr string    `json:"from"` // the client's address
	Begun      time.Time `json:"begun"`
	Lines      int       `json:"lines"`  // every line up to this one has been tried
	Some       int       `json:"some"`   // some lines up to this one have been tried, if it is more than Lines
	Failed     int       `json:"failed"` // how many of them failed
	Phones     bool      `json:"phones"` // Lines counts phones instead of lines of a list
	Done       bool      `json:"-"`      // it has ended; a batch with it deletes it
}
