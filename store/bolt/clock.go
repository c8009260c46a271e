package bolt

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// What the clock may do without being doubted.
const (
	// maxStep is how far the clock may be corrected while the database is open.
	maxStep = time.Minute
	// maxAway is for how long the database may have been closed.
	maxAway = 30 * 24 * time.Hour
	// Doubt ends at once after a step of up to maxCorrection, such as the first
	// synchronization after a boot. After a longer one it ends if the clock has gone on
	// from there for doubtTime, so that a clock that is wrong by months does no harm if
	// somebody notices within days.
	maxCorrection = 24 * time.Hour
	doubtTime     = 7 * 24 * time.Hour
)

// saveClockEvery is how often the time is stored, if something else is written, and
// saveClockAnyway how often if nothing is.
const (
	saveClockEvery  = time.Minute
	saveClockAnyway = 10 * time.Minute
)

// keyClock is in bucketMeta: a clockRecord as JSON. Stores of older versions have none.
var keyClock = []byte("clock")

// A clock tells the time by which holds and claims end and the history is pruned. When
// the machine's clock jumps it goes on as before, until the jump is believed: then what
// would end is moved with it, in one transaction (see [DB.shift]). Its methods are safe
// for concurrent use.
type clock struct {
	mu sync.Mutex
	clockRecord
	at    time.Time        // when Time was right: only its monotonic reading is used
	wall  func() time.Time // the machine's clock
	saved time.Time        // when the record was stored
}

type clockRecord struct {
	Time time.Time `json:"time"` // the latest time that was believed
	// The clock that is not believed: when it jumped, and the latest time that it told.
	Jumped time.Time `json:"jumped,omitzero"`
	Told   time.Time `json:"told,omitzero"`
}

// begin begins with a stored record, or with the machine's clock if there is none.
func (c *clock) begin(stored clockRecord) {
	now := c.wall().Round(0)
	c.clockRecord, c.at = stored, time.Now()
	if away := now.Sub(stored.Time); stored.Time.IsZero() || away > -maxStep && away <= maxAway {
		c.clockRecord = clockRecord{Time: now}
	}
}

// now returns the time.
func (c *clock) now() time.Time {
	t, _ := c.read()
	return t
}

// read returns the time and how far the machine's clock is ahead of it, if that is in
// doubt.
func (c *clock) read() (t time.Time, ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, told := time.Now(), c.wall().Round(0)
	expected := c.Time.Add(now.Sub(c.at))
	if ahead = told.Sub(expected); ahead.Abs() <= maxStep {
		c.clockRecord, c.at = clockRecord{Time: told}, now
		return told, 0
	}
	if on := told.Sub(c.Told); c.Jumped.IsZero() || on < -maxStep || on > maxAway {
		c.Jumped = told
	}
	c.Told = told
	return expected, ahead
}

// believable reports whether doubt about a clock that is ahead has ended.
func (c *clock) believable(ahead time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ahead.Abs() <= maxCorrection || c.Told.Sub(c.Jumped) >= doubtTime
}

// believe ends doubt.
func (c *clock) believe() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clockRecord, c.at = clockRecord{Time: c.wall().Round(0)}, time.Now()
}

// due reports whether the time must be stored although nothing else is.
func (c *clock) due() bool {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Sub(c.saved).Abs() >= saveClockAnyway
}

// save stores the time if it has not been stored for a while.
func (c *clock) save(tx *writeTx, every time.Duration) error {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if since := now.Sub(c.saved); since >= 0 && since < every {
		return nil
	}
	r := c.clockRecord
	if !r.Jumped.IsZero() {
		r.Time = now
	}
	r.Time = r.Time.UTC()
	v, err := json.Marshal(r)
	if err != nil {
		return err
	}
	tx.OnCommit(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.saved = now
	})
	return tx.Bucket(bucketMeta).Put(keyClock, v)
}

// readClock returns the stored record, or the zero value if there is none.
func readClock(tx *bbolt.Tx) (r clockRecord, err error) {
	if v := tx.Bucket(bucketMeta).Get(keyClock); v != nil {
		if err := json.Unmarshal(v, &r); err != nil {
			return r, errors.New("bolt: the stored time is damaged")
		}
	}
	return r, nil
}
