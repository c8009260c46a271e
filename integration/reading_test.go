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

// BenchmarkPhonesBesideLists measures how long phones wait for their replies while
// consoles list 100,000 phones again and again. Clients and service share the
// machine: what the clients need for decryption is in the figures.
func BenchmarkPhonesBesideLists(b *testing.B) {
	s := &story{folder: b.TempDir()}
	defer s.end()
	accounts := []string{"acme", "admin", "olga", "oscar"}
	for _, name := range accounts {
		if err := s.makeKey(name); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.start(nil, []string{"--admin-key", "admin.pub", "--log-level", "info"}); err != nil {
		b.Fatal(err)
	}
	clients := map[string][]*ssh.Client{}
	dial := func(name string, n int) {
		for range n {
			c, err := s.dial(name)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { c.Close() })
			clients[name] = append(clients[name], c)
		}
	}
	run := func(c *ssh.Client, input, command string) error {
		session, err := c.NewSession()
		if err != nil {
			return err
		}
		defer session.Close()
		session.Stdin, session.Stdout, session.Stderr = strings.NewReader(input), io.Discard, os.Stderr
		return session.Run(command)
	}
	dial("admin", 12)
	admin := clients["admin"][0]
	commands := []struct{ command, input string }{
		{"account add acme http://prov.acme.example/{mac}", ""},
		{"account add olga", ""}, {"account role olga operator", ""},
		{"account add oscar", ""}, {"account role oscar operator", ""},
	}
	for _, name := range []string{"acme", "olga", "oscar"} {
		key, err := os.ReadFile(s.folder + "/" + name + ".pub")
		if err != nil {
			b.Fatal(err)
		}
		commands = append(commands, struct{ command, input string }{"account key " + name + " add -", string(key)})
	}
	var list strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&list, "000413%06X\n", i)
	}
	commands = append(commands, struct{ command, input string }{"register - --account acme", list.String()})
	for _, c := range commands {
		if err := run(admin, c.input, c.command+" --json"); err != nil {
			b.Fatal(c.command, err)
		}
	}
	for _, name := range []string{"acme", "olga", "oscar"} {
		dial(name, 12)
	}
	for _, lists := range []int{0, 1, 50, 200} {
		b.Run(fmt.Sprint(lists, "-lists"), func(b *testing.B) {
			stop := make(chan struct{})
			var listed atomic.Int64
			begun := time.Now()
			var sessions sync.WaitGroup
			for i := range lists {
				c := clients[accounts[i/50]][i%12]
				sessions.Go(func() {
					for {
						if err := run(c, "", "list"); err != nil {
							b.Error(err)
							return
						}
						listed.Add(1)
						select {
						case <-stop:
							return
						default:
						}
					}
				})
			}
			time.Sleep(500 * time.Millisecond)
			var took []time.Duration
			for b.Loop() {
				for i, until := 0, time.Now().Add(5*time.Second); time.Now().Before(until); i++ {
					begun := time.Now()
					reply, err := http.Get(fmt.Sprintf("http://%s/snom360/snom360.php?mac=000413%06X", s.HTTP, i%100_000))
					if err != nil {
						b.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, reply.Body)
					reply.Body.Close()
					took = append(took, time.Since(begun))
					time.Sleep(5 * time.Millisecond)
				}
			}
			close(stop)
			sessions.Wait()
			b.ReportMetric(float64(listed.Load())/time.Since(begun).Seconds(), "lists/s")
			slices.Sort(took)
			ms := func(q int) float64 { return took[len(took)*q/100].Seconds() * 1000 }
			b.ReportMetric(ms(50), "p50-ms")
			b.ReportMetric(ms(99), "p99-ms")
		})
	}
}
