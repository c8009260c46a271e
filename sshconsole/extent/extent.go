// Package extent counts the registered phones that a command changes, so that nothing
// big happens by a slip.
package extent

import (
	"fmt"
	"time"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// Few is how many registered phones a command changes without being asked, if there is
// nobody to ask.
const Few = 100

// An Extent counts phones that were registered before a command and that it changes.
type Extent struct {
	Phones int
	Follow int // of them, that follow their account's setting server
}

// Add counts what a change does to a phone.
func (e *Extent) Add(prev, next store.Phone) {
	if prev.Owner == 0 || prev.Held() || prev == next {
		return
	}
	e.Phones++
	if prev.URL.IsZero() {
		e.Follow++
	}
}

// AddBatch counts what a batch does by the account by to a phone as it stands.
func (e *Extent) AddBatch(b store.Batch, c store.Change, phone store.Phone, by, owner store.Account) {
	const hold = time.Hour // any
	if r := b.Apply(c, phone, by, owner, hold, time.Now()); r.Err == nil {
		e.Add(r.Prev, r.Next)
	}
}

// IsBig reports whether a command of this extent needs a yes: for more than one phone
// if a person is there to ask, otherwise for more than [Few].
func (e Extent) IsBig(asks bool) bool { return e.Phones > 1 && (asks || e.Phones > Few) }

// Words words what will be done to the phones, such as "changed".
func (e Extent) Words(done string) string {
	follow := fmt.Sprintf("%d of them follow", e.Follow)
	switch e.Follow {
	case 0:
		follow = "none of them follows"
	case e.Phones:
		follow = "all of them follow"
	case 1:
		follow = "1 of them follows"
	}
	return fmt.Sprintf("%s will be %s; %s the account's setting server.", wording.Plural(e.Phones, "registered phone", "registered phones"), done, follow)
}
