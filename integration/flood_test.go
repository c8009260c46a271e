package integration

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
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
	flags = append(flags, "--admin-key", "admin.pub", "--metrics", "127.0.0.1:0", "--log-level", "info")
	f.startRaw(t, flags...)
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
	f.get(http.NewRequest("GET", url+"/snom360/snom360.php?mac=0004132202E4", nil))("prov.acme.example")
}

// call makes a call as the tool of acme.
func (f flooded) call() {
	f.Helper()
	const body = `<methodCall><methodName>redirect.checkPhone</methodName><params><param><value>0004132202E4</value></param></params></methodCall>`
	r, err := http.NewRequest("POST", "https://"+f.RDS+"/xmlrpc", strings.NewReader(body))
	r.SetBasicAuth("acme", f.password)
	r.Header.Set("Content-Type", "text/xml")
	f.get(r, err)("Ok")
}

func (f flooded) get(r *http.Request, err error) func(want string) {
	f.Helper()
	var text []byte
	if err == nil {
		var reply *http.Response
		if reply, err = f.client.Do(r); err == nil {
			text, err = io.ReadAll(reply.Body)
			reply.Body.Close()
		}
	}
	return func(want string) {
		f.Helper()
		if err != nil || !strings.Contains(string(text), want) {
			f.Errorf("%v, %q; want %s", err, text, want)
		}
	}
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
	for _, fl := range f.floodings(4) {
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
