package integration

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// A flooded is a running service, with clients that it knows nothing of, and a tool and
// an operator.
type flooded struct {
	testing.TB
	*story
	client   *http.Client // a new connection for each request
	password string       // of the account acme
}

func startFlooded(t testing.TB, flags ...string) flooded {
	f := flooded{TB: t, story: &story{folder: t.TempDir()}, client: &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}}
	if err := f.makeKey("admin"); err != nil {
		t.Fatal(err)
	}
	f.startRaw(t, append([]string{"--admin-key", "admin.pub", "--metrics", "127.0.0.1:0", "--log-level", "info"}, flags...)...)
	f.operate("account add acme http://prov.acme.example/{mac}")
	f.password = strings.TrimSpace(f.operate("account password acme"))
	f.operate("register 0004132202E4 --account acme")
	return f
}

// operate runs a command as the operator, over a new connection.
func (f flooded) operate(command string) (output string) {
	f.Helper()
	var out bytes.Buffer
	err := func() error {
		c, err := f.dial("admin")
		if err != nil {
			return err
		}
		defer c.Close()
		session, err := c.NewSession()
		if err != nil {
			return err
		}
		session.Stdout = &out
		return session.Run(command)
	}()
	if err != nil {
		f.Errorf("the operator's %s: %v, %s", command, err, out.String())
	}
	return out.String()
}

// ask asks as a phone, and expects its redirection.
func (f flooded) ask(url string) {
	f.Helper()
	if err := ask(f.client, url); err != nil {
		f.Error(err)
	}
}

// call makes a call as the tool of acme.
func (f flooded) call() {
	f.Helper()
	if err := call(f.client, "https://"+f.RDS, f.password); err != nil {
		f.Error(err)
	}
}

func ask(c *http.Client, url string, header ...string) error {
	r, err := http.NewRequest("GET", url+"/snom360/snom360.php?mac=0004132202E4", nil)
	if err != nil {
		return err
	}
	r.Header["X-Forwarded-For"] = header
	return expect(c, r, "prov.acme.example")
}

func call(c *http.Client, url, password string, header ...string) error {
	const body = `<methodCall><methodName>redirect.checkPhone</methodName><params><param><value>0004132202E4</value></param></params></methodCall>`
	r, err := http.NewRequest("POST", url+"/xmlrpc", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.SetBasicAuth("acme", password)
	r.Header["Content-Type"], r.Header["X-Forwarded-For"] = []string{"text/xml"}, header
	return expect(c, r, "Ok")
}

// expect makes a request and expects an answer that contains want.
func expect(c *http.Client, r *http.Request, want string) error {
	reply, err := c.Do(r)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err == nil && !strings.Contains(string(text), want) {
		err = fmt.Errorf("%s: %s, %q; want %s", r.URL, reply.Status, text, want)
	}
	return err
}

// A flooding is a flood, and the clients beside it whom it must not keep waiting.
type flooding struct {
	name   string
	flood  flood
	beside func()
}

// floodings returns those of the four listeners. Their connections are divided by
// smaller.
func (f flooded) floodings(smaller int) []flooding {
	return []flooding{
		{"http", flood{f.HTTP, 1, 12_000 / smaller, "GET /snom360/snom360.php?mac="}, func() { f.ask("http://" + f.HTTP) }},
		{"https", flood{f.HTTPS, 1, 4_000 / smaller, ""}, func() { f.ask("https://" + f.HTTPS) }},
		{"rds", flood{f.RDS, 25, 3_200 / smaller, ""}, f.call},
		{"ssh", flood{f.SSH, 4, 256, ""}, func() { f.operate("count") }},
		{"ssh-16", flood{f.SSH, 16, 1_024, "SSH-2.0-stranger\r\n"}, func() { f.operate("count") }},
	}
}

// answered calls a client again and again, and returns how long half of the calls and
// 99 % of them took, in milliseconds. It fails the test if one is not answered.
func answered(calls int, call func()) (p50, p99 float64) {
	var took []time.Duration
	for range calls {
		begun := time.Now()
		call()
		took = append(took, time.Since(begun))
		time.Sleep(2 * time.Millisecond)
	}
	slices.Sort(took)
	ms := func(q int) float64 { return took[len(took)*q/100].Seconds() * 1000 }
	return ms(50), ms(99)
}

// Strangers that hold as many connections as they can keep no phone, no tool and no
// operator from being answered.
func TestFlood(t *testing.T) {
	f := startFlooded(t)
	for _, fl := range f.floodings(6) {
		t.Run(fl.name, func(t *testing.T) {
			stop := fl.flood.start(t)
			p50, p99 := answered(20, fl.beside)
			t.Logf("%d connections opened; p50 %.1f ms, p99 %.1f ms", stop(), p50, p99)
		})
	}
}

// BenchmarkFlood measures how long clients wait, quiet and beside a flood. The flood's
// process shares the machine.
func BenchmarkFlood(b *testing.B) {
	f := startFlooded(b)
	for _, fl := range f.floodings(1) {
		for _, quiet := range []bool{true, false} {
			name := fl.name + "-flood"
			if quiet {
				name = fl.name + "-quiet"
			}
			b.Run(name, func(b *testing.B) {
				var begun time.Time
				stop := func() int { return 0 }
				if !quiet {
					begun, stop = time.Now(), fl.flood.start(b)
				}
				var p50, p99 float64
				for b.Loop() {
					p50, p99 = answered(300, fl.beside)
				}
				b.ReportMetric(float64(stop())/time.Since(begun).Seconds(), "opened/s")
				b.ReportMetric(p50, "p50-ms")
				b.ReportMetric(p99, "p99-ms")
			})
		}
	}
}

// The service raises its limit of open files to hold all connections that it accepts,
// and its goroutines and memory are bounded by its limits on connections.
func TestFloodIsBounded(t *testing.T) {
	f := startFlooded(t)
	for _, fl := range f.floodings(4)[:3] {
		fl.flood.start(t)
	}
	for range 5 {
		f.ask("http://" + f.HTTP)
		got := f.metrics()
		// One address has at most 1,024 places at --http, 512 at --https, and there
		// are 512 at --rds. As many closed ones may not have been noticed yet.
		for series, most := range map[string]float64{"go_goroutines": 2*(1024+512+512) + 100, "go_memstats_heap_inuse_bytes": 256 << 20} {
			if v, ok := got[series]; !ok || v > most {
				t.Errorf("%s is %v (exists: %v); want at most %v", series, v, ok, most)
			}
		}
		if open, most := got["process_open_fds"], got["process_max_fds"]; open > most/2 || most < 8192+2048+512 {
			t.Errorf("%v files are open of %v", open, most)
		}
	}
}

func (f flooded) metrics() scraped {
	f.Helper()
	text, err := getPage("http://" + f.Metrics + "/metrics")
	if err != nil {
		f.Fatal(err)
	}
	got, err := readMetrics(text)
	if err != nil {
		f.Fatal(err)
	}
	return got
}

// A login frees its place: strangers can't take it, not even from the same address.
func TestLoginFreesPlace(t *testing.T) {
	f := startFlooded(t)
	operator, err := f.dial("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	const evictions = `snomredirect_connections_evicted_total{listener="ssh"}`
	for range 64 + 6 {
		conn, err := net.Dial("tcp", f.SSH)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); f.metrics()[evictions] != 6; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%v connections were closed for others, want 6: the logged-in one counts", f.metrics()[evictions])
		}
	}
	if err := inSession(operator, "", "count"); err != nil {
		t.Error(err)
	}
}

// slowhttptest opens 2,000 connections whose headers never end, from the address of the
// phones beside it.
func TestSlowHTTPTest(t *testing.T) {
	if _, err := exec.LookPath("slowhttptest"); err != nil {
		t.Skip("slowhttptest is not installed: it is in Debian's package of that name")
	}
	f := startFlooded(t)
	const evictions = `snomredirect_connections_evicted_total{listener="http"}`
	before := f.metrics()[evictions]
	slow := exec.Command("slowhttptest", "-H", "-c", "2000", "-r", "2000", "-i", "1", "-l", "3", "-u", "http://"+f.HTTP+"/snom360/snom360.php?mac=0004132202E5")
	slow.Dir = f.folder
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Wait() }() // its status says what it thinks of the service
	for deadline := time.Now().Add(patience); f.metrics()[evictions] < before+900; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("slowhttptest did not fill the places of its address: %v", f.metrics()[evictions])
		}
	}
	p50, p99 := answered(100, func() { f.ask("http://" + f.HTTP) })
	t.Logf("p50 %.1f ms, p99 %.1f ms", p50, p99)
}
