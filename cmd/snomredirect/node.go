package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"time"

	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
	"snomredirect/store/etcd"
	"snomredirect/store/snapshot"
)

// clusterFlags say where etcd is. Without them the service runs on one machine.
type clusterFlags struct {
	Etcd       []string `name:"etcd" placeholder:"URLS" help:"Run as one of several nodes that have the same accounts and phones, which these members of etcd store, such as https://etcd1.example.com:2379,https://etcd2.example.com:2379."`
	EtcdPrefix string   `name:"etcd-prefix" default:"sr1/" placeholder:"PREFIX" help:"Prefix of all keys in etcd (${default})."`
	EtcdCA     string   `name:"etcd-ca" placeholder:"FILE" help:"Accept etcd's certificates from these CAs, in PEM; without it, from those of the system."`
	EtcdCert   string   `name:"etcd-cert" placeholder:"FILE" help:"Certificate to present to etcd, in PEM. Read again for each connection."`
	EtcdKey    string   `name:"etcd-key" placeholder:"FILE" help:"Key of --etcd-cert in PEM."`
}

// validNode is what a node can be called.
var validNode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (f clusterFlags) on() bool { return len(f.Etcd) > 0 && f.Etcd[0] != "" }

func (f clusterFlags) validate() error {
	if !f.on() && (f.EtcdCA != "" || f.EtcdCert != "" || f.EtcdKey != "") {
		return errors.New("--etcd-ca, --etcd-cert and --etcd-key: expected --etcd too")
	}
	if f.EtcdPrefix == "" {
		return errors.New("--etcd-prefix is empty: expected one such as sr1/")
	}
	return nil
}

// config returns the configuration of a node, or of what moves data.
func (f clusterFlags) config(name string) etcd.Config {
	return etcd.Config{Endpoints: f.Etcd, Prefix: f.EtcdPrefix, TLS: etcd.TLS{CA: f.EtcdCA, Cert: f.EtcdCert, Key: f.EtcdKey}, Name: name}
}

func (s *serve) validateCluster() error {
	if err := s.clusterFlags.validate(); err != nil {
		return err
	}
	switch {
	case !s.on() && s.Node != "":
		return errors.New("--node: expected --etcd too")
	case !s.on() && s.Contacts == "local":
		return errors.New("--contacts local: expected --etcd too")
	case !s.on():
		return nil
	case len(s.AdminKey) == 0 || s.AdminKey[0] == "":
		return errors.New("--etcd: expected --admin-key too: with several nodes no password is shown at the first start")
	}
	if s.Node == "" {
		s.Node, _ = os.Hostname()
	}
	if !validNode.MatchString(s.Node) {
		return fmt.Errorf("--node %q: expected a name of letters, digits, points, hyphens and underscores, unlike those of the other nodes", s.Node)
	}
	return nil
}

// openDatabase opens the database, as a node with --etcd.
func (v *service) openDatabase(ctx context.Context, c bolt.Config) (err error) {
	s := v.flags
	if !s.on() {
		if err := checkNotLost(s.Data); err != nil {
			return err
		}
		v.db, err = bolt.Open(s.Data, c)
		return v.explainOpen(err)
	}
	n := s.config(s.Node)
	n.Version, _ = built()
	if n.Address, _ = os.Hostname(); len(s.PublicName) > 0 {
		n.Address = s.PublicName[0]
	}
	n.Phones = v.requests.lastMinute
	n.AccountsChanged = func() { v.guard("sessions", v.accountsChanged.run) }
	n.Log = v.log
	n.Requested, n.Conflicted, n.Resynced = v.metrics.etcdRequest, v.metrics.conflicts.Inc, v.metrics.resyncs.Inc
	if v.node, err = etcd.Open(ctx, s.Data, c, n); err != nil {
		return v.explainOpen(err)
	}
	v.db = v.node.DB
	return nil
}

// openRecorder makes the recorder of contacts, which are those of all nodes unless --contacts
// is local.
func (v *service) openRecorder() {
	c := contacts.Config{Store: v.lastContacts, Registered: v.known, Log: v.log, Flushed: v.metrics.flush, Guard: v.guard}
	shares := v.node != nil && v.flags.Contacts == "shared"
	if shares {
		c.Stored, c.Deleted = v.node.ContactsStored, v.node.ContactsDeleted
	}
	v.recorder = contacts.New(c)
	if shares {
		v.stopSharing = v.node.ShareContacts(v.recorder)
	}
}

// explainOpen says what to do about a database that can't be opened.
func (v *service) explainOpen(err error) error {
	switch {
	case errors.Is(err, bolt.ErrInUse):
		return fmt.Errorf("%w: stop that one first, or use another folder with --data", err)
	case errors.Is(err, bolt.ErrReplica):
		return fmt.Errorf("%w: serve it with --etcd, or make it a folder of its own with snomredirect move --from-etcd", err)
	case errors.Is(err, etcd.ErrOwnData):
		return fmt.Errorf("data folder %s: %w: move them into etcd with snomredirect move, or use an empty folder", v.flags.Data, err)
	case errors.Is(err, etcd.ErrNodeRuns):
		return fmt.Errorf("--node %w: give each node a name of its own", err)
	}
	return err
}

// refusing returns why changes are refused, or nil.
func (v *service) refusing() error {
	if v.node != nil {
		return v.node.Refusing()
	}
	return v.db.Refusing()
}

// replicaAge returns for how long it has not been known that the replica has all changes.
func (v *service) replicaAge() time.Duration {
	if v.node == nil {
		return 0
	}
	return v.node.ReplicaAge()
}

// A callback is a function that is known later than those who call it. Until then, nothing is
// called.
type callback struct{ f atomic.Pointer[func()] }

func (c *callback) set(f func()) { c.f.Store(&f) }

func (c *callback) run() {
	if f := c.f.Load(); f != nil {
		(*f)()
	}
}

// sharedFile returns the content of a file in the data folder that all nodes have in
// common. If no node has it yet, it is the file's, or what make returns. While etcd can't be
// reached, it is the file's.
func (v *service) sharedFile(ctx context.Context, name string, file string, make func() ([]byte, error)) ([]byte, error) {
	own, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	text, err := v.node.Shared(ctx, name, func() ([]byte, error) {
		if len(own) > 0 {
			return own, nil
		}
		return make()
	})
	switch {
	case errors.Is(err, store.ErrUnavailable) && len(own) > 0:
		return own, nil
	case err != nil:
		return nil, err
	case bytes.Equal(text, own):
		return own, nil
	case len(own) > 0:
		v.log.Warn("a key of this node is replaced by that of all nodes", "file", file)
	}
	return text, writeDurable(file, text)
}

// shareRDS makes the self-signed certificate of --rds that of all nodes.
func (v *service) shareRDS(ctx context.Context, base string) error {
	cert, certErr := os.ReadFile(base + ".pem")
	key, keyErr := os.ReadFile(base + ".key")
	has := certErr == nil && keyErr == nil
	own := append(bytes.Clone(cert), key...)
	both, err := v.node.Shared(ctx, "rds", func() ([]byte, error) {
		if has {
			return own, nil
		}
		cert, key, err := newSelfSigned(v.flags.PublicName)
		return append(cert, key...), err
	})
	switch {
	case errors.Is(err, store.ErrUnavailable) && has, err == nil && has && bytes.Equal(both, own):
		return nil
	case err != nil:
		return err
	}
	return writeRDS(base, both)
}

// shareAPIKey checks that all nodes have the same key file of API keys. Only its hash is in
// etcd.
func (v *service) shareAPIKey(ctx context.Context, text []byte) error {
	if v.node == nil {
		return nil
	}
	sum := sha256.Sum256(text)
	own := []byte(hex.EncodeToString(sum[:]))
	shared, err := v.node.Shared(ctx, "api", func() ([]byte, error) { return own, nil })
	if errors.Is(err, store.ErrUnavailable) {
		return nil // it was checked when it was written here, or is at the next start
	}
	if err == nil && !bytes.Equal(own, shared) {
		err = fmt.Errorf("the other nodes have another %s: copy it from the data folder of one of them", snapshot.APIKey)
	}
	return err
}

// hasSharedAPIKey returns an error if other nodes have a key file of API keys, which is
// missing here.
func (v *service) hasSharedAPIKey(ctx context.Context, file string) error {
	if v.node == nil {
		return nil
	}
	none := errors.New("none")
	_, err := v.node.Shared(ctx, "api", func() ([]byte, error) { return nil, none })
	switch {
	case errors.Is(err, none):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("--sraps: %s is missing: copy it from the data folder of another node", filepath.Clean(file))
}
