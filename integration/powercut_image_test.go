package integration

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// An image is what a power cut left, and what it may contain.
type image struct {
	what    string
	files   map[string][]byte
	states  []string
	hostKey string // "" if no client knew one
}

// images are different ones.
type images struct {
	*recording
	all  []image
	seen map[[32]byte]bool
}

// cut cuts the power after n operations, in several ways, without the syncs of a kind.
func (m *images) cut(n int, random *rand.Rand, more int, without string) {
	kinds, d := kinds(m.operations), newDisk(m.before)
	for i, o := range m.operations[:n] {
		if without == "" || kinds[i] != without {
			d.do(o)
		}
	}
	known := 0
	for known < len(m.acks) && (n == len(m.operations) || m.acks[known].at < m.operations[n].end) {
		known++
	}
	i := image{states: []string{"no account"}}
	if known > 0 {
		i.states, i.hostKey = []string{m.acks[known-1].state}, m.hostKey
	}
	if known < len(m.acks) {
		i.states = append(i.states, m.acks[known].state)
	}
	for number, fate := range fates(random, more) {
		i.what, i.files = fmt.Sprintf("after %d of %d operations, in way %d", n, len(m.operations), number), d.after(fate)
		hash := sha256.New()
		fmt.Fprintln(hash, known)
		for _, name := range slices.Sorted(maps.Keys(i.files)) {
			fmt.Fprintf(hash, "%s %x", name, sha256.Sum256(i.files[name]))
		}
		if sum := [32]byte(hash.Sum(nil)); !m.seen[sum] {
			m.seen[sum] = true
			m.all = append(m.all, i)
		}
	}
}

// check starts the service with each image, and returns what was lost, at most n things.
func (m *images) check(t *testing.T, n int) (lost []string) {
	t.Helper()
	next := make(chan image)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for i := range next {
				if err := m.start(t, i); err != nil {
					mu.Lock()
					lost = append(lost, fmt.Sprintf("%s: %v", i.what, err))
					mu.Unlock()
				}
			}
		})
	}
	for _, i := range m.all {
		mu.Lock()
		enough := len(lost) >= n
		mu.Unlock()
		if enough {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	return lost
}

// start starts the service with what a power cut left, and compares.
func (m *images) start(t *testing.T, i image) error {
	folder, err := os.MkdirTemp(m.folder, "cut")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	data := filepath.Join(folder, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	for name, content := range i.files {
		if err := os.WriteFile(filepath.Join(data, name), content, 0o600); err != nil {
			return err
		}
	}
	for _, name := range []string{"admin.key", "admin.pub"} {
		if err := os.Link(filepath.Join(m.folder, name), filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	s := &story{folder: folder}
	if err := s.start(nil, recordFlags("data")); err != nil {
		log, _ := os.ReadFile(filepath.Join(folder, "serve.log"))
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(log))
	}
	defer s.end()
	client, err := s.dial("admin")
	if err != nil {
		return err
	}
	defer client.Close()
	got, err := stateOf(client)
	switch {
	case err != nil:
		return err
	case i.hostKey != "" && s.hostKey.Load() != i.hostKey:
		return errors.New("the host key is another one")
	case !slices.Contains(i.states, got):
		return fmt.Errorf("there is %q, want %q", got, i.states)
	}
	return nil
}
