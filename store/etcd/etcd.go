// Package etcd makes a database of package bolt one node of several that have the same
// accounts and phones: a replica of what etcd stores.
//
// Every change of any node also changes one key, the head, on the condition that nobody
// has changed it since the node read it. So all changes have one order, and each is decided by the rules
// of package store in a transaction of the replica that has all changes before it. A node
// that was paused, or can't reach etcd, can therefore do no harm: its change is declined.
//
// Phones are looked up in the replica, also while etcd can't be reached. Changes are then
// refused. What other nodes change arrives by a watch, some milliseconds later; [Node.Fresh]
// waits for it.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"snomredirect/store/bolt"
)

// Intervals and bounds.
const (
	inspectEvery   = 2 * time.Second        // how often the head is compared
	requestTime    = 5 * time.Second        // that one request may take
	awayAfter      = 5 * time.Second        // without an answer, etcd counts as away
	settleTime     = 10 * time.Second       // that a change may wait for the replica, or for its outcome
	freshTime      = time.Second            // that Fresh may take
	retryEvery     = 250 * time.Millisecond // after an error
	stuckAfter     = 10 * time.Second       // a watch that lacks what the head says is begun again
	openTime       = 15 * time.Second       // that etcd may take to answer a new node
	nodeLease      = 10 * time.Second       // after which a node that has died is gone
	maxApply       = 2000                   // records in one transaction of the replica
	defaultRecords = 128                    // etcd's default for --max-txn-ops
	defaultBytes   = 1 << 20                // below its default for --max-request-bytes
)

// Errors of Open, and reasons why changes are refused.
var (
	// ErrOwnData means that the folder has accounts that are in no cluster.
	ErrOwnData = errors.New("the folder has accounts and phones of its own")
	// ErrNoData means that etcd has nothing under the prefix, and the replica has.
	ErrNoData = errors.New("etcd has no data, and this node has: restore etcd's snapshot, or move this node's folder into etcd")
	// ErrSchema means that another version of the program has written to etcd.
	ErrSchema = errors.New("etcd has the data of another version of this program")
	// ErrNodeRuns means that there is a node of that name.
	ErrNodeRuns = errors.New("a node of that name is running")
)

// A Config is the configuration of a Node. The zero value of a field without a comment is
// not valid.
type Config struct {
	Endpoints []string // of etcd: URLs
	Prefix    string   // of all keys, such as sr1/
	TLS       TLS      // of connections to etcd
	Name      string   // of the node, unlike all others
	Address   string   // of the node, for people; "" if unknown
	Version   string   // of the program, for people; "" if unknown

	// Phones returns how many phones were answered in the last minute. If nil, the node
	// reports none.
	Phones func() int
	// AccountsChanged is called after accounts have changed that another node has
	// changed. It may block. If nil, it is not called.
	AccountsChanged func()
	// Log receives what happens to the connection and the replica. If nil, nothing is
	// logged.
	Log *slog.Logger

	// The functions below are for metrics, and must return at once. If nil, they are not
	// called.

	// Requested is called after each request of [Requests].
	Requested func(request string, took time.Duration, err error)
	// Conflicted is called when a change has to run again, because another node was first.
	Conflicted func()
	// Resynced is called when the replica was read again as a whole.
	Resynced func()
}

// A Node is a replica that follows etcd. Its methods, and those of its DB, are safe for
// concurrent use.
type Node struct {
	*bolt.DB
	config   Config
	keys     keys
	folder   string
	opened   time.Time
	end      context.CancelFunc
	ctx      context.Context // ends with Close
	group    sync.WaitGroup  // its goroutines
	clock    atomic.Int64    // the latest time of the head, in Unix nanoseconds
	state    state
	accounts chan struct{} // has one if another node has changed accounts
	fresh    freshness
	limit    limits
	seat     seat
	sharing  sharing
}

// Open opens the folder of a node, as [bolt.Open] does, and connects it to etcd. A new
// node has read everything when Open returns; another one follows as soon as it can.
func Open(ctx context.Context, folder string, b bolt.Config, c Config) (*Node, error) {
	k, err := connect(c)
	if err != nil {
		return nil, err
	}
	return open(ctx, folder, b, c, k)
}

func open(ctx context.Context, folder string, b bolt.Config, c Config, k keys) (_ *Node, err error) {
	c = c.withDefaults()
	n := &Node{config: c, keys: k, folder: folder, opened: time.Now(), state: newState(), accounts: make(chan struct{}, 1)}
	n.limit.records.Store(defaultRecords)
	n.limit.bytes.Store(defaultBytes)
	n.ctx, n.end = context.WithCancel(context.Background())
	b.Truth, b.Node = (*truth)(n), c.Name
	if n.DB, err = bolt.Open(folder, b); err != nil {
		n.end()
		return nil, errors.Join(err, k.close())
	}
	if err = n.begin(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// withDefaults returns the configuration with functions that do nothing for those that are nil.
func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Requested == nil {
		c.Requested = func(string, time.Duration, error) {}
	}
	if c.Conflicted == nil {
		c.Conflicted = func() {}
	}
	if c.Resynced == nil {
		c.Resynced = func() {}
	}
	if c.AccountsChanged == nil {
		c.AccountsChanged = func() {}
	}
	if c.Phones == nil {
		c.Phones = func() int { return 0 }
	}
	return c
}

// begin connects the node to the cluster. A node that has a replica begins without etcd
// too.
func (n *Node) begin(ctx context.Context) error {
	revision, cluster, err := n.ReplicaOf()
	if err != nil {
		return err
	}
	if cluster == 0 {
		if accounts, err := n.Accounts(); err != nil || len(accounts) > 0 {
			return errors.Join(err, ErrOwnData)
		}
	}
	reached := n.join(ctx)
	if reached != nil && (revision == 0 || !errors.Is(reached, errAway)) {
		return reached
	}
	if reached != nil {
		n.config.Log.Error("etcd can't be reached: phones are answered, and changes are refused until it can", "error", reached)
	}
	n.group.Go(n.follow)
	n.group.Go(n.inspect)
	n.group.Go(n.keepSeat)
	n.group.Go(n.tellAccounts)
	if revision > 0 {
		n.state.await(ctx, settleTime/4, func(s *state) bool { return s.whole && s.applied >= s.head }) // so that a restart begins with what is new
		return nil
	}
	n.config.Log.Info("reading everything from etcd, before phones are answered")
	if n.state.await(ctx, 0, func(s *state) bool { return s.whole || s.problem != nil }) {
		return n.state.why()
	}
	return context.Cause(ctx)
}

// join checks the versions of etcd, learns what it can write at once, and takes the node's
// name.
func (n *Node) join(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	if err := n.checkServers(ctx); err != nil {
		return err
	}
	n.probe(ctx)
	return n.takeName(ctx)
}

// checkServers returns an error if the versions of etcd's members are too old, or unknown.
func (n *Node) checkServers(ctx context.Context) error {
	versions, err := n.keys.versions(ctx)
	if err != nil {
		return away(err)
	}
	for _, v := range versions {
		warn, err := checkVersion(v)
		if err != nil {
			return err
		}
		if warn {
			n.config.Log.Warn("this version of etcd has defects that later ones don't have: update it", "version", v, "to", recommended.String())
		}
	}
	return nil
}

// Close ends following and closes the database.
func (n *Node) Close() error {
	n.end()
	n.group.Wait()
	n.leave()
	return errors.Join(n.DB.Close(), n.keys.close())
}

// Refusing returns why changes are refused at present, in words for anybody, or nil.
func (n *Node) Refusing() error {
	if err := n.DB.Refusing(); err != nil {
		return err
	}
	return n.state.refusing(time.Now())
}

// ReplicaAge returns for how long it has not been known that the replica has all changes.
// Until that was known once, it is the time since the node was opened.
func (n *Node) ReplicaAge() time.Duration {
	return time.Since(later(n.opened, n.state.currentAt()))
}

// Stale returns as of when the replica is known to have all changes if etcd is away or the
// last Fresh gave up, and the zero time otherwise.
func (n *Node) Stale() time.Time {
	if n.state.away(time.Now()) || n.fresh.stale() {
		return later(n.opened, n.state.currentAt())
	}
	return time.Time{}
}

// Requests returns the names of requests that Requested is called with.
func Requests() []string {
	return []string{requestSwap, requestRead, requestLease, requestContacts}
}

const (
	requestSwap  = "swap"
	requestRead  = "read"
	requestLease = "lease"

	requestContacts = "contacts"
)

// swap is keys.swap with a bound on its time, for metrics.
func (n *Node) swap(ctx context.Context, c change) (swapped, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	begun := time.Now()
	r, err := n.keys.swap(ctx, c)
	n.config.Requested(requestSwap, time.Since(begun), err)
	return r, err
}

// read is keys.read, in the same way.
func (n *Node) read(ctx context.Context, s span) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, max(requestTime, s.patience))
	defer cancel()
	begun := time.Now()
	p, err := n.keys.read(ctx, s)
	n.config.Requested(requestRead, time.Since(begun), err)
	return p, err
}

// away returns err as the reason that etcd can't be reached.
func away(err error) error { return fmt.Errorf("%w: %w", errAway, err) }

var errAway = errors.New("etcd can't be reached")
