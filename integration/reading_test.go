package integration

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// listers are the accounts whose consoles list: a partner with 100,000 phones, and
// operators, who list the same.
var listers = []string{"acme", "admin", "olga", "oscar"}

// A readers is a running service with its clients.
type readers struct {
	testing.TB
	*story
	clients map[string][]*ssh.Client
}

func startReaders(b testing.TB) readers {
	r := readers{b, &story{folder: b.TempDir()}, map[string][]*ssh.Client{}}
	b.Cleanup(func() { r.end() })
	for _, name := range listers {
		if err := r.makeKey(name); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.start(nil, []string{"--admin-key", "admin.pub", "--log-level", "info", "--quota", "1000000", "--scan-limit", "0"}); err != nil {
		b.Fatal(err)
	}
	r.connectAll("admin")
	r.setUp("", "account add acme http://prov.acme.example/{mac}")
	for _, name := range []string{"olga", "oscar"} {
		r.setUp("", "account add "+name)
		r.setUp("", "account role "+name+" operator")
	}
	for _, name := range []string{"acme", "olga", "oscar"} {
		key, err := os.ReadFile(r.folder + "/" + name + ".pub")
		if err != nil {
			b.Fatal(err)
		}
		r.setUp(string(key), "account key "+name+" add -")
		r.connectAll(name)
	}
	var list strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&list, "000413%06X\n", i)
	}
	r.setUp(list.String(), "register - --account acme")
	return r
}

// connectAll opens the connections of an account, which share its sessions.
func (r readers) connectAll(name string) {
	for range 12 {
		c, err := r.dial(name)
		if err != nil {
			r.Fatal(err)
		}
		r.Cleanup(func() { c.Close() })
		r.clients[name] = append(r.clients[name], c)
	}
}

// setUp runs a command as the operator.
func (r readers) setUp(input, command string) {
	if err := inSession(r.clients["admin"][0], input, command); err != nil {
		r.Fatal(command, err)
	}
}

func inSession(c *ssh.Client, input, command string) error {
	session, err := c.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	session.Stdin, session.Stdout = strings.NewReader(input), io.Discard
	return session.Run(command)
}

// list lists all phones in n sessions, again and again until stop is called. stop
// returns how many lists were complete in a second.
func (r readers) list(n int) (stop func() (perSecond float64)) {
	begun, stopping := time.Now(), make(chan struct{})
	var listed atomic.Int64
	var sessions sync.WaitGroup
	for i := range n {
		c := r.clients[listers[i/50]][i%12]
		sessions.Go(func() {
			for {
				if err := inSession(c, "", "list"); err != nil {
					r.Error(err)
					return
				}
				listed.Add(1)
				select {
				case <-stopping:
					return
				default:
				}
			}
		})
	}
	return func() float64 {
		close(stopping)
		sessions.Wait()
		return float64(listed.Load()) / time.Since(begun).Seconds()
	}
}

// BenchmarkPhonesBesideLists measures how long phones wait for their replies while
// consoles list 100,000 phones again and again. Clients and service share the
// machine: what the clients need for decryption is in the figures.
func BenchmarkPhonesBesideLists(b *testing.B) {
	r := startReaders(b)
	for _, lists := range []int{0, 1, 50, 200} {
		b.Run(fmt.Sprint(lists, "-lists"), func(b *testing.B) {
			stop := r.list(lists)
			time.Sleep(500 * time.Millisecond)
			var took []time.Duration
			for b.Loop() {
				for i, until := 0, time.Now().Add(5*time.Second); time.Now().Before(until); i++ {
					begun := time.Now()
					reply, err := http.Get(fmt.Sprintf("http://%s/snom360/snom360.php?mac=000413%06X", r.HTTP, i%100_000))
					if err != nil {
						b.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, reply.Body)
					reply.Body.Close()
					took = append(took, time.Since(begun))
					time.Sleep(5 * time.Millisecond)
				}
			}
			b.ReportMetric(stop(), "lists/s")
			slices.Sort(took)
			ms := func(q int) float64 { return took[len(took)*q/100].Seconds() * 1000 }
			b.ReportMetric(ms(50), "p50-ms")
			b.ReportMetric(ms(99), "p99-ms")
		})
	}
}
