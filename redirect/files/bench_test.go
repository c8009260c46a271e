package files

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkFetch measures a file's fetch over a kept connection beside http.ServeContent
// from memory. Figure cpu-µs/op has the client's share too, which is the same in all.
func BenchmarkFetch(b *testing.B) {
	m := newMemory()
	m.files["360/general.xml"] = strings.Repeat("<language perm=\"\">English</language>\n", 110) // 4 KB
	c, _, _ := newTest(m)
	c.Observe, c.OnFetch = nil, nil
	general := []byte(m.files["360/general.xml"])
	for name, server := range map[string]http.Handler{
		"ServeContent": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/xml")
			w.Header().Set("ETag", `"0123456789abcdef0123456789abcdef"`)
			http.ServeContent(w, r, "", uploaded, bytes.NewReader(general))
		}),
		"files": New(c),
	} {
		b.Run(name, func(b *testing.B) { fetch(b, server, "/"+token+"/360/general.xml") })
	}
	b.Run("template", func(b *testing.B) { fetch(b, New(c), "/"+token+"/keys-"+own+".xml") })
}

func fetch(b *testing.B, h http.Handler, path string) {
	s := httptest.NewServer(h)
	defer s.Close()
	client := s.Client()
	before := cpu()
	for b.Loop() {
		resp, err := client.Get(s.URL + path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
			b.Fatal(resp.Status, err)
		}
		resp.Body.Close()
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpu returns what the process has used of its processors.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
