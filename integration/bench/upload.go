package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"time"
)

// upload measures a million phones in random order in one session. Both sides write to
// the same disk, and have nothing left to write when they report.
func (b *bench) upload() error {
	const phones = 1_000_000
	sqlite, ok := b.installed("sqlite3", "sqlite3")
	var list bytes.Buffer
	if err := writeList(&list, 0, phones); err != nil {
		return err
	}
	var own, theirs, peak sample
	for round := range b.rounds {
		s, err := b.newService(fmt.Sprint("upload-", round))
		if err != nil {
			return err
		}
		took, err := s.register(0, phones)
		kib, memoryErr := s.memory("VmHWM")
		s.stop()
		if err != nil || memoryErr != nil {
			return fmt.Errorf("%w, %w", err, memoryErr)
		}
		own, peak = append(own, took.Seconds()), append(peak, kib/1024)
		if !ok {
			continue
		}
		begun := time.Now()
		if err := importSQLite(sqlite, filepath.Join(b.folder, fmt.Sprint("upload-", round, ".sqlite")), "FULL", list.Bytes()); err != nil {
			return err
		}
		theirs = append(theirs, time.Since(begun).Seconds())
	}
	const what = "1 M random MACs through one session"
	if ok {
		b.table.addRatio(what, "sqlite3 importing into a table with two indexes, synchronous=FULL", own, theirs, "s", "≤ 1.0")
	} else {
		b.table.addValue(what, "", own, "s", "")
	}
	b.table.addValue("the most memory of that", "", peak, "MiB", "≤ 384")
	return nil
}
