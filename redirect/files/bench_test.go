package files

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"snomredirect/store"
)

// BenchmarkFetch measures a file's fetch over a kept connection beside http.ServeContent
// from memory. Its figure cpu-µs/op has the share of a client too, which only writes and
// reads. "wrapped" is http.ServeContent without io.ReaderFrom, as behind Echo: net/http
// then writes the header and a small file at once, which costs one system call less.
func BenchmarkFetch(b *testing.B) {
	m := newStore(b)
	c, _, _ := newTest(m)
	c.Store, c.Observe, c.OnFetch = m.DB, nil, nil
	door := New(c)
	for _, size := range []int{1 << 10, 6 << 10, 64 << 10} {
		text := strings.Repeat("x", size)
		name := store.FileName(fmt.Sprintf("%d.xml", size))
		m.put(b, name, text)
		plain := func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/xml")
			w.Header().Set("ETag", `"0123456789abcdef0123456789abcdef"`)
			http.ServeContent(w, r, "", m.uploaded, strings.NewReader(text))
		}
		wrapped := func(w http.ResponseWriter, r *http.Request) { plain(struct{ http.ResponseWriter }{w}, r) }
		path := "/" + m.token + "/" + string(name)
		for _, s := range []struct {
			name    string
			handler http.Handler
		}{{"ServeContent", http.HandlerFunc(plain)}, {"wrapped", http.HandlerFunc(wrapped)}, {"files", door}} {
			b.Run(fmt.Sprintf("%s/%d", s.name, size), func(b *testing.B) { fetch(b, s.handler, path, size) })
		}
	}
	b.Run("template", func(b *testing.B) { fetch(b, door, "/"+m.token+"/keys-"+own+".xml", len("name: Ann")) })
}

func fetch(b *testing.B, h http.Handler, path string, size int) {
	s := httptest.NewServer(h)
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: files.example.com\r\n\r\n")
	in := bufio.NewReaderSize(conn, 128<<10)
	// Skips the header by its lines, and then the body.
	exchange := func() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		for n := 0; ; n++ {
			line, err := in.ReadSlice('\n')
			if err != nil || n == 0 && string(line) != "HTTP/1.1 200 OK\r\n" {
				b.Fatalf("%q, %v", line, err)
			}
			if len(line) == 2 {
				break
			}
		}
		if n, err := io.CopyN(io.Discard, in, int64(size)); err != nil {
			b.Fatal(n, err)
		}
	}
	exchange()
	before := cpu()
	for b.Loop() {
		exchange()
	}
	b.ReportMetric(float64((cpu()-before).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
}

// cpu returns what the process has used of its processors.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
