package integration

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	overloadPhones   = 5000 // at once
	overloadSites    = 50   // each an address in a network of its own
	overloadConsoles = 200
)

// maxOverloadMemory is the memory that the service may need for them all, in KiB.
const maxOverloadMemory = 512 << 10

// TestOverload boots 5,000 phones at once while 200 consoles list 100,000 phones each.
// All phones are answered.
func TestOverload(t *testing.T) {
	if os.Getenv("SNOMREDIRECT_TEST_MILLION") == "" {
		t.Skip("set SNOMREDIRECT_TEST_MILLION=1 to boot thousands of phones at once; it takes half a minute")
	}
	if len(buildFlags) > 0 {
		t.Skip("skipped with -race: the race detector needs memory of its own")
	}
	sources(t)
	r := startReaders(t)
	stop := r.list(overloadConsoles)
	time.Sleep(time.Second) // they all list by then

	var mu sync.Mutex
	var took []time.Duration
	var failures []error
	var phones sync.WaitGroup
	now := make(chan struct{})
	for i := range overloadPhones {
		phones.Go(func() {
			<-now
			begun := time.Now()
			err := r.boot(i)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(begun))
			if err != nil {
				failures = append(failures, err)
			}
		})
	}
	close(now)
	phones.Wait()
	listed := stop()
	slices.Sort(took)
	t.Logf("%d phones answered, %d not; half within %v, 99 %% within %v, all within %v; %.1f lists/s beside them",
		len(took)-len(failures), len(failures), took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), listed)
	if len(failures) > 0 {
		t.Errorf("%d of %d phones were not answered, such as: %v", len(failures), len(took), failures[0])
	}
	if kib, ok := r.peakMemory(t); ok {
		t.Logf("peak memory of the service: %d MiB", kib>>10)
		if kib > maxOverloadMemory {
			t.Errorf("peak memory %d MiB, want at most %d MiB", kib>>10, maxOverloadMemory>>10)
		}
	}
}

// boot requests the settings of the i-th phone from the address of its site.
func (r readers) boot(i int) error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 2, byte(i%overloadSites), 1)}, Timeout: patience}
	c, err := d.Dial("tcp", r.HTTP)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(c, "GET /snom360/snom360.php?mac=000413%06X HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", i); err != nil {
		return err
	}
	answer, err := io.ReadAll(c)
	if !strings.Contains(string(answer), "http://prov.acme.example/") {
		return fmt.Errorf("%q, %w", answer, err)
	}
	return nil
}
