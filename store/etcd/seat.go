package etcd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// idName is the file in the data folder by which a node knows its own earlier process.
const idName = "node.id"

// A seat is a node's name, which it has as long as it renews a lease.
type seat struct {
	joined   bool // versions and limits are known, and the name is taken
	id       string
	lease    int64
	revision int64 // of its key
	begun    time.Time
}

// takeName takes the node's name. It is ErrNodeRuns if another node has it. What a node
// with another folder has left when it died is gone after a while, which takeName waits for.
func (n *Node) takeName(ctx context.Context) (err error) {
	if n.seat.id, err = folderID(n.folder); err != nil {
		return err
	}
	n.seat.begun = time.Now()
	key, first := nodeLetter+n.config.Name, int64(0)
	for {
		p, err := n.read(ctx, span{from: key})
		if err != nil {
			return away(err)
		}
		at := int64(0)
		if len(p.records) > 0 {
			at = p.records[0].revision
			other, err := parseNode(p.records[0].value)
			if first == 0 {
				first = at
			}
			if err != nil || other.ID != n.seat.id {
				if at != first { // it was renewed
					return fmt.Errorf("%w: %s, at %s", ErrNodeRuns, n.config.Name, other.Address)
				}
				if !n.state.await(ctx, time.Second, func(*state) bool { return false }) && ctx.Err() != nil {
					return fmt.Errorf("%w: %s, at %s", ErrNodeRuns, n.config.Name, other.Address)
				}
				continue
			}
		}
		if err := n.sit(ctx, at); err != nil && !errors.Is(err, errConflict) {
			return away(err)
		} else if err == nil {
			n.seat.joined = true
			return nil
		}
	}
}

// sit writes the node's key with a new lease, if the key is that of a revision.
func (n *Node) sit(ctx context.Context, at int64) (err error) {
	begun := time.Now()
	n.seat.lease, err = n.keys.grant(ctx, nodeLease)
	n.config.Requested(requestLease, time.Since(begun), err)
	if err != nil {
		return err
	}
	return n.tell(ctx, at)
}

// tell writes how the node is.
func (n *Node) tell(ctx context.Context, at int64) error {
	key := nodeLetter + n.config.Name
	r, err := n.swap(ctx, change{guard: key, at: at, writes: []write{{key: key, value: n.status().encode(), lease: n.seat.lease}}})
	switch {
	case err != nil:
		return err
	case !r.ok:
		return errConflict
	}
	n.seat.revision = r.revision
	return nil
}

// keepSeat renews the lease, and tells how the node is, every few seconds.
func (n *Node) keepSeat() {
	tick := time.NewTicker(inspectEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-tick.C:
		case <-n.ctx.Done():
			return
		}
		err := n.renew()
		if err != nil && n.ctx.Err() == nil && err.Error() != said && !errors.Is(err, errAway) {
			n.config.Log.Error("the node's name", "node", n.config.Name, "error", err)
		}
		said = ""
		if err != nil {
			said = err.Error()
		}
	}
}

func (n *Node) renew() error {
	if !n.seat.joined { // etcd could not be reached at the start
		err := n.join(n.ctx)
		if err != nil && !errors.Is(err, errAway) {
			n.state.set(func(s *state) { s.problem = err })
		}
		return err
	}
	ctx, cancel := context.WithTimeout(n.ctx, inspectEvery)
	defer cancel()
	begun := time.Now()
	err := n.keys.renew(ctx, n.seat.lease)
	n.config.Requested(requestLease, time.Since(begun), err)
	switch {
	case errors.Is(err, errExpired):
		n.seat.revision = 0
		err = n.sit(ctx, 0)
	case err == nil:
		err = n.tell(ctx, n.seat.revision)
	default:
		return away(err)
	}
	if errors.Is(err, errConflict) { // perhaps by this node, in a request that seemed to fail
		return n.takeBack(ctx)
	}
	if err != nil {
		return away(err)
	}
	return nil
}

// takeBack takes the name again if its key is the node's own.
func (n *Node) takeBack(ctx context.Context) error {
	p, err := n.read(ctx, span{from: nodeLetter + n.config.Name})
	if err != nil {
		return away(err)
	}
	at := int64(0)
	if len(p.records) > 0 {
		at = p.records[0].revision
		if other, err := parseNode(p.records[0].value); err != nil || other.ID != n.seat.id {
			return fmt.Errorf("%w: %s, at %s: this one goes on; give one of them another name", ErrNodeRuns, n.config.Name, other.Address)
		}
	}
	return n.sit(ctx, at)
}

// leave gives up the node's name.
func (n *Node) leave() {
	if n.seat.lease == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), freshTime)
	defer cancel()
	_ = n.keys.revoke(ctx, n.seat.lease) // otherwise it expires
}

// folderID returns the random name of a data folder.
func folderID(folder string) (string, error) {
	file := filepath.Join(folder, idName)
	text, err := os.ReadFile(file)
	if id := strings.TrimSpace(string(text)); err == nil && id != "" {
		return id, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	id := rand.Text()
	return id, os.WriteFile(file, []byte(id+"\n"), 0o600)
}

// A Status is what a node tells of itself, every few seconds.
type Status struct {
	Name    string    `json:"name"`
	Address string    `json:"address"`
	Version string    `json:"version"`
	Begun   time.Time `json:"begun"` // when it began to run
	// ReplicaAge is for how many seconds it was not known that the replica has all
	// changes.
	ReplicaAge float64 `json:"replica_age_seconds"`
	Phones     int     `json:"phones"` // answered in the last minute
	ID         string  `json:"id"`     // of its data folder
}

func (n *Node) status() Status {
	s := Status{Name: n.config.Name, Address: n.config.Address, Version: n.config.Version, Begun: n.seat.begun.UTC().Truncate(time.Second), Phones: n.config.Phones(), ID: n.seat.id}
	if at := n.state.currentAt(); !at.IsZero() {
		s.ReplicaAge = time.Since(at).Seconds()
	}
	return s
}

func (s Status) encode() []byte {
	v, err := json.Marshal(s)
	if err != nil {
		panic("etcd: " + err.Error()) // only for a year beyond 9999
	}
	return v
}

var errNode = errors.New("etcd: the record of a node is damaged")

// parseNode reads what a node tells. A newer version may tell more.
func parseNode(v []byte) (s Status, err error) {
	if len(v) > maxRecord || json.Unmarshal(v, &s) != nil || s.Name == "" || s.ID == "" {
		return Status{}, errNode
	}
	return s, nil
}

// Nodes returns the nodes that run, sorted by their names, as they told of themselves last.
func (n *Node) Nodes(ctx context.Context) (all []Status, err error) {
	p, err := n.read(ctx, span{from: nodeLetter, to: nodeLetter[:1] + "0"})
	if err != nil {
		return nil, n.unavailable(err)
	}
	for _, r := range p.records {
		s, err := parseNode(r.value)
		if err != nil {
			return nil, fmt.Errorf("%w: %q", err, r.key)
		}
		all = append(all, s)
	}
	return all, nil
}
