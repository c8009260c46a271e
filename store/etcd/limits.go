package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// limits are how much etcd can write at once.
type limits struct{ records, bytes atomic.Int64 }

func (l *limits) now() (records, bytes int) { return int(l.records.Load()), int(l.bytes.Load()) }

// lower lowers a limit below what etcd has refused.
func (l *limits) lower(err error, records, size int) {
	if errors.Is(err, errTooMany) {
		l.records.Store(max(2, min(l.records.Load(), int64(records))))
		return
	}
	l.bytes.Store(min(l.bytes.Load(), int64(size)))
}

// What etcd may take, the most first.
var (
	probedRecords = []int{10_000, 5_000, 2_000, 1_000, 500, 250, defaultRecords, 64, 32}
	probedBytes   = []int{4 << 20, defaultBytes, 512 << 10, 128 << 10}
)

// probe finds out how much etcd can write at once, by changes whose condition is never
// true.
func (n *Node) probe(ctx context.Context) {
	try := func(writes []write) error {
		_, err := n.swap(ctx, change{guard: headKey, at: -1, writes: writes})
		return err
	}
	for _, records := range probedRecords {
		writes := make([]write, records)
		for i := range writes {
			writes[i].key = fmt.Sprint("P", i)
		}
		if err := try(writes); err == nil {
			n.limit.records.Store(int64(records))
		} else if errors.Is(err, errTooMany) || errors.Is(err, errTooLarge) {
			continue
		}
		break
	}
	for _, size := range probedBytes {
		if err := try([]write{{key: "P", value: make([]byte, size)}}); err == nil {
			n.limit.bytes.Store(int64(size))
		} else if errors.Is(err, errTooLarge) {
			continue
		}
		break
	}
	records, bytes := (*truth)(n).Limits()
	n.config.Log.Info("etcd writes at once", "records", records, "bytes", bytes)
}
