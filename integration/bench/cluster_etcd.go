package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// etcdProgram builds etcd from the module integration/etcd. If that is not possible, it is
// listed as missing.
func (b *bench) etcdProgram() (path string, ok bool) {
	root, err := exec.CommandContext(b.ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err == nil {
		tool := exec.CommandContext(b.ctx, "go", "tool", "-n", "go.etcd.io/etcd/server/v3")
		tool.Dir = filepath.Join(strings.TrimSpace(string(root)), "integration", "etcd")
		tool.Stderr = os.Stderr
		var out []byte
		out, err = tool.Output()
		path = strings.TrimSpace(string(out))
	}
	if err != nil {
		b.missing = append(b.missing, "etcd, whose modules (cd integration/etcd && go mod download) fetches")
	}
	return path, err == nil
}

// A member is etcd, the only one of its cluster.
type member struct {
	*process
	url, folder string
	client      *clientv3.Client
	moved       sizes // after phones were moved into it
}

// startEtcd starts etcd with an empty folder.
func (b *bench) startEtcd(program, name string) (*member, error) {
	client, err := freeAddress()
	if err != nil {
		return nil, err
	}
	peer, err := freeAddress()
	if err != nil {
		return nil, err
	}
	m := &member{url: "http://" + client, folder: filepath.Join(b.folder, name)}
	m.process, err = b.start(exec.Command(program, "--name", name, "--data-dir", m.folder, "--log-level", "error",
		"--listen-client-urls", m.url, "--advertise-client-urls", m.url,
		"--listen-peer-urls", "http://"+peer, "--initial-advertise-peer-urls", "http://"+peer, "--initial-cluster", name+"=http://"+peer,
		"--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h", "--quota-backend-bytes", fmt.Sprint(8<<30)), nil)
	if err != nil {
		return nil, err
	}
	m.client, err = clientv3.New(clientv3.Config{Endpoints: []string{m.url}, Logger: zap.NewNop()})
	if err == nil {
		err = m.listening(client)
	}
	if err == nil { // it has a leader once it answers this
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		_, err = m.client.Get(ctx, "bench")
	}
	if err != nil {
		m.stop()
		return nil, err
	}
	return m, nil
}

func (m *member) stop() {
	if m.client != nil {
		_ = m.client.Close()
	}
	m.process.stop()
}

// move moves the accounts and phones of a service's folder into etcd, which makes it the
// folder of a node.
func (b *bench) move(s *service, to *member) error {
	cmd := exec.Command(b.program, "move", "--data", "data", "--etcd", to.url)
	cmd.Dir = s.folder
	var said bytes.Buffer
	p, err := b.start(cmd, func(line string) { fmt.Fprintln(&said, line) })
	if err != nil {
		return err
	}
	<-p.ended
	if !p.ProcessState.Success() {
		return fmt.Errorf("move: %v: %s", p.ProcessState, said.Bytes())
	}
	return nil
}

// sizes are what a member of etcd takes, in bytes.
type sizes struct{ database, folder, memory float64 }

func (m *member) sizes(ctx context.Context) (s sizes, err error) {
	status, err := m.client.Status(ctx, m.url)
	if err != nil {
		return s, err
	}
	s.database = float64(status.DbSize)
	err = filepath.WalkDir(m.folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // a part of the log that it doesn't need any more
			return nil
		}
		if err == nil {
			s.folder += float64(info.Size())
		}
		return err
	})
	if err != nil {
		return s, err
	}
	kib, err := m.memory("RssAnon")
	s.memory = kib * 1024
	return s, err
}

// swaps returns how many milliseconds a compare-and-swap of a key takes at the median of n,
// one after the other.
func (m *member) swaps(ctx context.Context, n int) (ms float64, err error) {
	const key = "bench"
	value := strings.Repeat("x", 256)
	at, err := m.client.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	revision := int64(0)
	if len(at.Kvs) > 0 {
		revision = at.Kvs[0].ModRevision
	}
	var took []time.Duration
	for range n {
		begun := time.Now()
		r, err := m.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(key), "=", revision)).Then(clientv3.OpPut(key, value)).Commit()
		if err != nil {
			return 0, err
		}
		if !r.Succeeded {
			return 0, errors.New("etcd: somebody else has changed the key")
		}
		revision = r.Header.Revision
		took = append(took, time.Since(begun))
	}
	return within(took, 50), nil
}
