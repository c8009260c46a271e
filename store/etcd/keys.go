package etcd

import (
	"context"
	"errors"
	"time"
)

// Keys are stored under the prefix. The truth of package bolt has the lower-case letters, and
// the head sorts before them. What is not part of the truth has capitals, so that no
// letter of the truth can ever be the same.
const (
	headKey       = "!"
	nodeLetter    = "W/" // and its name: a node that runs
	sharedLetter  = "K/" // and its name: what all nodes have in common
	contactLetter = "C"  // and a MAC
)

// keys is what a node needs of etcd. Keys are without the prefix.
type keys interface {
	// swap writes all of a change, or nothing. If it returns an error that is none of
	// those below, it is not known which.
	swap(context.Context, change) (swapped, error)
	// read returns keys, sorted.
	read(context.Context, span) (page, error)
	// watch calls f with all that is written after a revision, one or more whole
	// revisions at a time, until f fails or ctx ends. It returns f's error, or
	// errCompacted if it lacks what was written.
	watch(ctx context.Context, after int64, f func([]record) error) error

	leases
	// versions returns the versions of the servers that answer.
	versions(context.Context) ([]string, error)
	close() error
}

// leases are what keys are bound to that are deleted if nobody renews them.
type leases interface {
	grant(ctx context.Context, life time.Duration) (id int64, err error)
	// renew returns errExpired if there is no such lease any more.
	renew(ctx context.Context, id int64) error
	revoke(ctx context.Context, id int64) error
}

// Errors of keys. After these, nothing was written.
var (
	errCompacted = errors.New("etcd: the revision is compacted")
	errTooMany   = errors.New("etcd: too many records at once")
	errTooLarge  = errors.New("etcd: too many bytes at once")
	errRefused   = errors.New("etcd refuses the change")
	errExpired   = errors.New("etcd: the lease has expired")
)

// A change is written if the guard is as it was at a revision.
type change struct {
	guard  string // "" is no condition
	at     int64  // the revision of the guard; 0 means that it does not exist
	writes []write
}

// A write is one key of a change. Each may be written once.
type write struct {
	key   string
	value []byte // nil deletes
	lease int64  // 0 is none
}

// A swapped is the result of a swap.
type swapped struct {
	ok       bool
	revision int64  // that was written, or was current when nothing was
	cluster  uint64 // the number of etcd's cluster
	guard    record // if not ok: as it is; its revision is 0 if it does not exist
}

// A span is which keys to read.
type span struct {
	from, to string // to is the first that is not read; "" reads only from
	revision int64  // as of which; 0 is now
	limit    int    // of keys; 0 is none

	patience time.Duration // that it may take, if it is more than usual
}

// A record is a key and its value.
type record struct {
	key      string
	value    []byte // nil if it was deleted
	revision int64  // that wrote it last
}

// A page is the result of a read.
type page struct {
	records  []record
	more     bool   // than the limit
	revision int64  // as of which, and the current one if none was given
	cluster  uint64 // the number of etcd's cluster
}
