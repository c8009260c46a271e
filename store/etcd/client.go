package etcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A client is a connection to etcd's members.
type client struct {
	*clientv3.Client
	prefix string
}

// connect returns a client, which connects when it is used.
func connect(c Config) (*client, error) {
	t, err := c.TLS.config(c.Endpoints)
	if err != nil {
		return nil, err
	}
	e, err := clientv3.New(clientv3.Config{
		Endpoints: c.Endpoints,
		TLS:       t,
		Logger:    zap.NewNop(),
		// A member that was cut off is noticed by these, and another one used.
		DialKeepAliveTime: 5 * time.Second, DialKeepAliveTimeout: 3 * time.Second,
		MaxCallSendMsgSize: 64 << 20, // etcd has the bound
		MaxCallRecvMsgSize: math.MaxInt32,
	})
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	return &client{e, c.Prefix}, nil
}

func (c *client) close() error { return c.Close() }

// swap implements [keys].
func (c *client) swap(ctx context.Context, ch change) (s swapped, err error) {
	txn := c.Txn(clientv3.WithRequireLeader(ctx))
	if ch.guard != "" {
		guard := c.prefix + ch.guard
		txn = txn.If(clientv3.Compare(clientv3.ModRevision(guard), "=", ch.at))
	}
	ops := make([]clientv3.Op, 0, len(ch.writes))
	for _, w := range ch.writes {
		switch {
		case w.value == nil:
			ops = append(ops, clientv3.OpDelete(c.prefix+w.key))
		case w.lease != 0:
			ops = append(ops, clientv3.OpPut(c.prefix+w.key, string(w.value), clientv3.WithLease(clientv3.LeaseID(w.lease))))
		default:
			ops = append(ops, clientv3.OpPut(c.prefix+w.key, string(w.value)))
		}
	}
	r, err := txn.Then(ops...).Else(clientv3.OpGet(c.prefix + ch.guard)).Commit()
	if err != nil {
		return s, swapError(err)
	}
	s = swapped{ok: r.Succeeded, revision: r.Header.Revision, cluster: r.Header.ClusterId}
	if !s.ok {
		for _, kv := range r.Responses[0].GetResponseRange().Kvs {
			s.guard = record{ch.guard, kv.Value, kv.ModRevision}
		}
	}
	return s, nil
}

// swapError returns an error of keys if it is certain that nothing was written.
func swapError(err error) error {
	known := rpctypes.Error(err)
	code := status.Code(err)
	var e rpctypes.EtcdError
	if errors.As(known, &e) {
		code = e.Code()
	}
	switch {
	case errors.Is(known, rpctypes.ErrTooManyOps):
		return errTooMany
	case errors.Is(known, rpctypes.ErrRequestTooLarge):
		return errTooLarge
	case errors.Is(known, rpctypes.ErrNoLeader):
		return fmt.Errorf("%w: %w", errNoLeader, err)
	case errors.Is(known, rpctypes.ErrLeaseNotFound):
		return errExpired
	case errors.Is(known, rpctypes.ErrNoSpace), errors.Is(known, rpctypes.ErrTooManyRequests), errors.Is(known, rpctypes.ErrCorrupt):
		return fmt.Errorf("%w: %w", errRefused, err)
	case code == codes.ResourceExhausted: // a message that is too large for gRPC
		return errTooLarge
	case code == codes.PermissionDenied, code == codes.Unauthenticated, code == codes.InvalidArgument:
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	return err
}

// read implements [keys].
func (c *client) read(ctx context.Context, s span) (p page, err error) {
	options := []clientv3.OpOption{clientv3.WithRev(s.revision), clientv3.WithLimit(int64(s.limit))}
	if s.to != "" {
		options = append(options, clientv3.WithRange(c.prefix+s.to))
	}
	r, err := c.Get(ctx, c.prefix+s.from, options...)
	if err != nil {
		return p, compacted(err)
	}
	p = page{more: r.More, revision: r.Header.Revision, cluster: r.Header.ClusterId}
	if s.revision != 0 {
		p.revision = s.revision
	}
	for _, kv := range r.Kvs {
		p.records = append(p.records, record{string(kv.Key[len(c.prefix):]), notNil(kv.Value), kv.ModRevision})
	}
	return p, nil
}

func compacted(err error) error {
	if errors.Is(rpctypes.Error(err), rpctypes.ErrCompacted) {
		return errCompacted
	}
	return err
}

// notNil returns a value that is not a deletion.
func notNil(v []byte) []byte {
	if v == nil {
		return []byte{}
	}
	return v
}

// watch implements [keys].
func (c *client) watch(ctx context.Context, after int64, f func([]record) error) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	// Not in fragments: each reply has whole revisions.
	for r := range c.Watch(ctx, c.prefix, clientv3.WithPrefix(), clientv3.WithRev(after+1)) {
		if err := r.Err(); err != nil {
			return compacted(err)
		}
		batch := make([]record, 0, len(r.Events))
		for _, e := range r.Events {
			one := record{key: string(e.Kv.Key[len(c.prefix):]), revision: e.Kv.ModRevision}
			if e.Type != clientv3.EventTypeDelete {
				one.value = notNil(e.Kv.Value)
			}
			batch = append(batch, one)
		}
		if len(batch) == 0 {
			continue
		}
		if err := f(batch); err != nil {
			return err
		}
	}
	return cmp.Or(ctx.Err(), errWatchEnded)
}

var errWatchEnded = errors.New("etcd: the watch has ended")

// grant implements [leases].
func (c *client) grant(ctx context.Context, life time.Duration) (int64, error) {
	r, err := c.Grant(ctx, int64(life/time.Second))
	if err != nil {
		return 0, err
	}
	return int64(r.ID), nil
}

// renew implements [leases].
func (c *client) renew(ctx context.Context, id int64) error {
	_, err := c.KeepAliveOnce(ctx, clientv3.LeaseID(id))
	if errors.Is(rpctypes.Error(err), rpctypes.ErrLeaseNotFound) {
		return errExpired
	}
	return err
}

// revoke implements [leases].
func (c *client) revoke(ctx context.Context, id int64) error {
	_, err := c.Revoke(ctx, clientv3.LeaseID(id))
	return err
}

// versions implements [keys].
func (c *client) versions(ctx context.Context) (all []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, endpoint := range c.Endpoints() {
		group.Go(func() {
			r, statusErr := c.Status(ctx, endpoint)
			mu.Lock()
			defer mu.Unlock()
			if statusErr != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", endpoint, statusErr))
				return
			}
			all = append(all, r.Version)
		})
	}
	group.Wait()
	if len(all) > 0 {
		return all, nil
	}
	return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
}
