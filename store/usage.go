package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DefaultQuota is how many phones an account can have unless the service or the
// account has another quota.
const DefaultQuota = 10_000

// MaxQuota is the highest quota: all MACs of some sixty OUIs.
const MaxQuota = 1_000_000_000

// ParseQuota parses an account's quota: a number of phones, or "default" in any case,
// which is 0.
func ParseQuota(s string) (int, error) {
	if strings.EqualFold(s, "default") {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > MaxQuota {
		return 0, errors.New("expected a number of phones, such as 20000, or DEFAULT")
	}
	return n, nil
}

// A Usage is what an account has of its quota. Backends store its JSON form, and
// change it in the transactions that change the account's phones.
type Usage struct {
	Phones int `json:"phones"` // registered
	Held   int `json:"held"`   // on hold for the account
	// New is how many new phones counted as registered within a day at the time NewAt.
	// It sinks evenly, by the quota in a day.
	New   float64   `json:"new,omitempty"`
	NewAt time.Time `json:"new_at,omitzero"`
	Quota int       `json:"-"` // the account's own, or the service's default; 0 for all accounts together
}

// Left returns how many more phones the account can have.
func (u Usage) Left() int { return max(0, u.Quota-u.Phones-u.Held) }

// newPhonesPeriod is the time in which an account may register as many new phones as
// its quota. Without that limit it could try out all MACs, releasing some for others.
const newPhonesPeriod = 24 * time.Hour

// rounding is much less than a phone, and more than New is off.
const rounding = 1e-6

// Take is the rule for an account that gets a phone, which was prev and is to be next:
// it returns the usage with that phone. The error is ErrQuota if the account would
// have more phones than its quota, and a [TooManyNew] if it has registered too many
// phones in a day that it neither had nor held. A phone that was the account's or on
// hold for it changes nothing, even if the account has more phones than its quota.
func (u Usage) Take(prev, next Phone, now time.Time) (Usage, error) {
	switch {
	case next.Owner == prev.Owner:
		if prev.Held() && !next.Held() {
			u.Held--
			u.Phones++
		}
		return u, nil
	case u.Left() == 0:
		return u, ErrQuota
	case prev.Owner == 0: // not transferred
		perDay := float64(u.Quota) / float64(newPhonesPeriod)
		recent := u.New - perDay*float64(max(0, now.Sub(u.NewAt)))
		if over := max(0, recent) + 1 - float64(u.Quota); over > rounding {
			return u, TooManyNew{now.Add(time.Duration(over / perDay)).Round(time.Millisecond)}
		}
		u.New, u.NewAt = max(0, recent)+1, now.UTC()
	}
	u.Phones++
	return u, nil
}

// TooManyNew is the error for an account that has registered too many new phones
// within a day. It is an ErrTooManyNew.
type TooManyNew struct {
	Next time.Time // when the account may register the next one
}

func (e TooManyNew) Error() string {
	return fmt.Sprintf("%v until %s", ErrTooManyNew, e.Next.UTC().Format(time.RFC3339))
}

func (e TooManyNew) Unwrap() error { return ErrTooManyNew }
