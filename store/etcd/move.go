package etcd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"snomredirect/store/bolt"
)

// Errors of moves.
var (
	// ErrNotEmpty means that there is data where data is to be moved to.
	ErrNotEmpty = errors.New("not empty")
	// ErrMoving means that data is being moved into etcd, or that this was interrupted.
	ErrMoving = errors.New("data is being moved into etcd, or that was interrupted")
	// ErrDiffers means that what was moved is not what was there before.
	ErrDiffers = errors.New("what was moved differs from what was there")
	// ErrNodesRun means that nodes run that would change what is moved.
	ErrNodesRun = errors.New("nodes are running")
)

// A moving is how far a move into etcd has come. While the head has one, no node follows.
type moving struct {
	Sum   string `json:"sum"`   // of the database that is moved
	After string `json:"after"` // the last key that was written, in hex
}

// A Move is data that is moved between a folder and etcd.
type Move struct {
	node Node // which follows nothing
	db   *bolt.DB
}

// frozen declines all changes.
type frozen struct{}

func (frozen) Approve(int64, []bolt.Write) (int64, error) { return 0, ErrMoving }
func (frozen) Settle(err error) (bool, error)             { return false, err }
func (frozen) Limits() (records, bytes int)               { return defaultRecords, defaultBytes }
func (frozen) Clock(now time.Time) time.Time              { return now }

// NewMove opens a folder and connects to etcd. The folder is created if it does not exist.
func NewMove(ctx context.Context, folder string, c Config) (*Move, error) {
	k, err := connect(c)
	if err != nil {
		return nil, err
	}
	return newMove(ctx, folder, c, k)
}

func newMove(ctx context.Context, folder string, c Config, k keys) (m *Move, err error) {
	c = c.withDefaults()
	m = &Move{node: Node{config: c, keys: k, state: newState(), ctx: ctx}}
	m.node.limit.records.Store(defaultRecords)
	m.node.limit.bytes.Store(defaultBytes)
	if m.db, err = bolt.Open(folder, bolt.Config{Truth: frozen{}}); err != nil {
		return nil, errors.Join(err, k.close())
	}
	m.node.DB = m.db
	if err = m.node.checkServers(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// Close closes the folder's database.
func (m *Move) Close() error { return errors.Join(m.db.Close(), m.node.keys.close()) }

// ToEtcd moves all records of the folder into etcd, which has none under the prefix, and
// makes the folder that of a node. It returns how many there are. If it is interrupted, the
// next one goes on. With dryRun it only checks whether it can.
func (m *Move) ToEtcd(ctx context.Context, dryRun bool) (records int, err error) {
	records, sum, err := m.db.Sum()
	if err != nil {
		return 0, err
	}
	at, err := m.node.readHead(ctx)
	switch {
	case err != nil:
		return 0, err
	case at.record.revision != 0 && (at.head.Moving == nil || at.head.Moving.Sum != hex.EncodeToString(sum[:])):
		return 0, fmt.Errorf("etcd: %w: it has accounts and phones under this prefix", ErrNotEmpty)
	case records == 0:
		return 0, errors.New("the folder has nothing to move")
	case dryRun:
		return records, nil
	}
	m.node.probe(ctx)
	after := ""
	if at.head.Moving != nil {
		text, err := hex.DecodeString(at.head.Moving.After)
		if err != nil {
			return 0, errHead
		}
		after = string(text)
	}
	head := at.record.revision
	for more := true; more; {
		var part []bolt.Write
		if part, more, err = m.part(after); err != nil {
			return 0, err
		}
		if len(part) > 0 {
			after = part[len(part)-1].Key
		}
		if head, err = m.write(ctx, head, &moving{hex.EncodeToString(sum[:]), hex.EncodeToString([]byte(after))}, part); err != nil {
			return 0, err
		}
	}
	if err := m.compare(ctx, head); err != nil {
		return 0, err
	}
	if head, err = m.write(ctx, head, nil, nil); err != nil {
		return 0, err
	}
	if at, err = m.node.readHead(ctx); err != nil {
		return 0, err
	}
	return records, m.db.SetReplicaOf(head, at.cluster)
}

// part returns the records after a key that etcd can write at once, and whether there are
// more.
func (m *Move) part(after string) (part []bolt.Write, more bool, err error) {
	records, most := (*truth)(&m.node).Limits()
	if part, err = m.db.Records(after, records); err != nil {
		return nil, false, err
	}
	more = len(part) == records
	size := 0
	for i, w := range part {
		if size += len(w.Key) + len(w.Value); size > most && i > 0 {
			return part[:i], true, nil
		}
	}
	return part, more, nil
}

// write writes a part, and the head with how far the move has come.
func (m *Move) write(ctx context.Context, at int64, how *moving, part []bolt.Write) (int64, error) {
	h := head{Node: m.node.config.Name, Token: rand.Text(), Time: time.Now().UTC(), Schema: bolt.Schema(), Moving: how}
	c := change{guard: headKey, at: at, writes: []write{{key: headKey, value: h.encode()}}}
	for _, w := range part {
		c.writes = append(c.writes, write{key: w.Key, value: w.Value})
	}
	r, err := m.node.swap(ctx, c)
	switch {
	case err != nil:
		return 0, err
	case !r.ok:
		return 0, errors.New("something else has written to etcd meanwhile: try again")
	}
	return r.revision, nil
}

// compare compares all records in etcd at a revision with those in the folder.
func (m *Move) compare(ctx context.Context, revision int64) error {
	last := ""
	var page []bolt.Write
	next := func() (w bolt.Write, err error) {
		if len(page) == 0 {
			if page, err = m.db.Records(last, mostWindow); err != nil || len(page) == 0 {
				return w, err
			}
		}
		w, page = page[0], page[1:]
		last = w.Key
		return w, nil
	}
	for _, letter := range []byte(bolt.Letters()) {
		_, err := m.node.windows(ctx, letter, revision, func(_, _ string, records []bolt.Write) error {
			for _, r := range records {
				w, err := next()
				if err != nil {
					return err
				}
				if w.Key != r.Key || !bytes.Equal(w.Value, r.Value) {
					return ErrDiffers
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if w, err := next(); err != nil || w.Key != "" {
		return errors.Join(err, ErrDiffers)
	}
	return nil
}

// FromEtcd moves all records in etcd into the folder, which must be empty or that of a move that was
// interrupted. It returns how many there are. No node may run. Nothing changes in etcd.
// Until Finish, the folder can't be served.
func (m *Move) FromEtcd(ctx context.Context, dryRun bool) (records int, err error) {
	revision, cluster, err := m.db.ReplicaOf()
	if err != nil {
		return 0, err
	}
	here, _, err := m.db.Sum()
	if err != nil {
		return 0, err
	}
	at, err := m.node.readHead(ctx)
	switch {
	case err != nil:
		return 0, err
	case at.record.revision == 0:
		return 0, errors.New("etcd has nothing under this prefix")
	case at.head.Moving != nil:
		return 0, ErrMoving
	case at.head.Schema != bolt.Schema():
		return 0, fmt.Errorf("%w: schema %d; this version has %d", ErrSchema, at.head.Schema, bolt.Schema())
	case revision != 0, here > 0 && cluster != at.cluster:
		return 0, fmt.Errorf("the folder: %w", ErrNotEmpty)
	}
	nodes, err := m.node.Nodes(ctx)
	if err == nil && len(nodes) > 0 {
		err = fmt.Errorf("%w: stop all of them first, such as %s", ErrNodesRun, nodes[0].Name)
	}
	if err != nil {
		return 0, err
	}
	if dryRun {
		return m.count(ctx, at.revision)
	}
	if err := m.db.SetReplicaOf(0, at.cluster); err != nil {
		return 0, err
	}
	for _, letter := range []byte(bolt.Letters()) {
		if _, err := m.node.windows(ctx, letter, at.revision, m.db.Replace); err != nil {
			return 0, err
		}
	}
	if err := m.compare(ctx, at.revision); err != nil {
		return 0, err
	}
	records, _, err = m.db.Sum()
	return records, err
}

// count returns how many records etcd has at a revision.
func (m *Move) count(ctx context.Context, revision int64) (records int, err error) {
	for _, letter := range []byte(bolt.Letters()) {
		n, err := m.node.windows(ctx, letter, revision, func(string, string, []bolt.Write) error { return nil })
		if err != nil {
			return 0, err
		}
		records += n
	}
	return records, nil
}

// Shared returns what all nodes have in common under a name, or nil if there is nothing.
func (m *Move) Shared(ctx context.Context, name string) ([]byte, error) {
	p, err := m.node.read(ctx, span{from: sharedLetter + name})
	if err != nil || len(p.records) == 0 {
		return nil, err
	}
	return p.records[0].value, nil
}

// Finish makes the folder one of its own, after FromEtcd.
func (m *Move) Finish() error { return m.db.SetReplicaOf(0, 0) }
