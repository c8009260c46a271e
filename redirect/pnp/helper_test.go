package pnp

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"snomredirect/store"
)

var (
	phone   = netip.MustParseAddrPort("192.168.10.67:2058")
	service = netip.MustParseAddrPort("192.168.10.1:5060")
	route   = path{phone, service, 2}
	target  = store.RestoreURL("http://prov.acme.example/snom.php?mac={mac}")
)

// capture returns the SUBSCRIBE of a phone, as captured.
func capture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".sip"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// replaced returns s with one part replaced, which it must contain.
func replaced(t testing.TB, s, old, by string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("no %q in %q", old, s)
	}
	return strings.Replace(s, old, by, 1)
}

// A bench is a responder whose tokens count up, and what it sends by itself.
type bench struct {
	*responder
	log *bytes.Buffer

	mu       sync.Mutex
	repeated []datagram
}

func newBench(t testing.TB, answer func(Subscription) store.URL) *bench {
	b := &bench{log: &bytes.Buffer{}}
	c := Config{Answer: answer, Log: slog.New(slog.NewTextHandler(b.log, nil))}
	b.responder = newResponder(c, func(d datagram) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.repeated = append(b.repeated, d)
		return nil
	})
	tokens := 0
	b.newToken = func() string { tokens++; return fmt.Sprint("token", tokens) }
	t.Cleanup(b.close)
	return b
}

func (b *bench) repetitions() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.repeated)
}

func always(Subscription) store.URL { return target }
