package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// few is how many phones the service has beside which the one with many is measured.
const few = 1000

// many measures what depends on how many phones are registered.
func (b *bench) many() error {
	all := b.million * 1_000_000
	s, err := b.newService("many")
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	small, err := b.newService("few")
	if err != nil {
		return err
	}
	defer func() { small.stop() }()
	if _, err := small.register(0, few); err != nil {
		return err
	}
	if err := b.manyUploaded(s, all); err != nil {
		return err
	}
	if err := b.manyBoots(s, small, all); err != nil {
		return err
	}
	if err := b.manyListed(s); err != nil {
		return err
	}
	return b.manyStarted(s, small)
}

// millions returns how many phones there are, as the table shows it.
func (b *bench) millions() string { return fmt.Sprintf("%d M", b.million) }

// manyUploaded registers all phones in one session. Beside it, a million are registered
// with another service.
func (b *bench) manyUploaded(s *service, all int) error {
	took, err := s.register(0, all)
	if err != nil {
		return err
	}
	if b.million > 1 {
		other, err := b.newService("one-million")
		if err != nil {
			return err
		}
		defer other.stop()
		one, err := other.register(0, 1_000_000)
		if err != nil {
			return err
		}
		b.table.addRatio(b.millions()+" random MACs through one session, durable", fmt.Sprintf("%d times 1 M", b.million),
			sample{took.Seconds()}, sample{one.Seconds() * float64(b.million)}, "s", "≤ 1.5")
	}
	size, err := s.size()
	if err == nil {
		b.table.addValue("bytes a phone on disk, "+b.millions()+", random upload", "", sample{size / float64(all)}, "bytes", "≤ 90")
	}
	return err
}

// size returns the size of the database.
func (s *service) size() (bytes float64, err error) {
	info, err := os.Stat(filepath.Join(s.folder, "data", "snomredirect.db"))
	if err != nil {
		return 0, err
	}
	return float64(info.Size()), nil
}

// manyBoots boots phones of both services by turns.
func (b *bench) manyBoots(s, small *service, all int) error {
	large, err := newTarget("snomredirect", s.addresses.HTTP, true, s.process)
	if err != nil {
		return err
	}
	little, err := newTarget("snomredirect", small.addresses.HTTP, true, small.process)
	if err != nil {
		return err
	}
	var flush sample
	pl, ps := &phones{registered: all}, &phones{registered: few}
	own, theirs, err := b.alternate(func() (float64, error) {
		if err := s.written(); err != nil {
			return 0, err
		}
		us, err := large.cost(large.boots, pl, b.requests)
		if err != nil {
			return 0, err
		}
		each, err := s.flushCost()
		flush = append(flush, each)
		return us, err
	}, func() (float64, error) {
		if err := small.written(); err != nil {
			return 0, err
		}
		return little.cost(little.boots, ps, b.requests)
	})
	if err != nil {
		return err
	}
	b.table.addRatio("a boot with "+b.millions()+" phones", "itself with 1,000", own, theirs, "µs", "≤ 1.15")
	b.table.addValue("contacts of that, each, until they are on disk", "", flush[1:], "µs", "≤ 20")
	heap, err := s.inUse()
	if err != nil {
		return err
	}
	b.table.addValue("heap with "+b.millions()+", serving", "", sample{heap / (1 << 20)}, "MiB", "≤ 64")
	rss, err := s.memory("RssAnon")
	if err == nil {
		b.table.addValue("memory of the process, without cached pages of its file", "", sample{rss / 1024}, "MiB", "")
	}
	return err
}

// manyListed lists all phones. OpenSSH sends the same bytes.
func (b *bench) manyListed(s *service) error {
	var list bytes.Buffer
	if err := s.run(nil, &list, "list"); err != nil {
		return err
	}
	ours := func() (float64, error) {
		begun := time.Now()
		err := s.run(nil, &counter{}, "list")
		return time.Since(begun).Seconds(), err
	}
	what, reach := "LIST of "+b.millions()+" into a pipe", "≤ 1.0"
	program, ok := b.installed("sshd", "openssh-server")
	if !ok {
		own, _, err := b.alternate(ours, func() (float64, error) { return 1, nil })
		b.table.addValue(what, "", own, "s", "")
		return err
	}
	d, err := b.startSSHD(program, s, list.Bytes())
	if err != nil {
		return err
	}
	defer d.stop()
	own, theirs, err := b.alternate(ours, d.cat)
	if err == nil {
		b.table.addRatio(what, "OpenSSH sending the same bytes with cat", own, theirs, "s", reach)
	}
	return err
}

// manyStarted measures how long both services take from their start to the first answer,
// and compacts the database meanwhile.
func (b *bench) manyStarted(s, small *service) error {
	restart := func(s *service) (float64, error) {
		s.stop()
		begun := time.Now()
		if err := b.startService(s); err != nil {
			return 0, err
		}
		t, err := newTarget("snomredirect", s.addresses.HTTP, true, s.process)
		if err == nil {
			err = t.boots(&phones{registered: few}, 1)
		}
		return time.Since(begun).Seconds() * 1000, err
	}
	own, theirs, err := b.alternate(func() (float64, error) { return restart(s) }, func() (float64, error) { return restart(small) })
	if err != nil {
		return err
	}
	var more sample
	for i := range own {
		more = append(more, own[i]-theirs[i])
	}
	b.table.addValue("start to first answer, "+b.millions()+", more than", "itself with 1,000", more, "ms", "≤ 100")

	s.stop()
	compact := exec.Command(b.program, "compact", "--data", "data")
	compact.Dir = s.folder
	if out, err := compact.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	size, err := s.size()
	if err == nil {
		b.table.addValue("bytes a phone on disk, after compaction", "", sample{size / float64(b.million) / 1e6}, "bytes", "≤ 64")
	}
	return err
}
