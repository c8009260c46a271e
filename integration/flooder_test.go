package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A flood is connections of strangers that hold their places: each sends the start of
// a request, or nothing, and waits. When the service closes one, it is opened again at
// once.
type flood struct {
	target      string
	addresses   int // of the strangers, each in a network of its own
	connections int // in all
	hello       string
}

const flooderVariable = "SNOMREDIRECT_TEST_FLOOD"

// start starts the flood in a process of its own, and returns when it has opened as
// many connections. stop ends it and returns how many connections were opened.
func (f flood) start(t testing.TB) (stop func() (opened int)) {
	t.Helper()
	flooder := exec.Command(os.Args[0])
	flooder.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %s", flooderVariable, f.target, f.addresses, f.connections, f.hello))
	var said bytes.Buffer
	begun := make(chan struct{})
	flooder.Stdout = writerFunc(func(b []byte) (int, error) {
		if said.Len() == 0 {
			close(begun)
		}
		return said.Write(b)
	})
	flooder.Stderr = os.Stderr
	end, err := flooder.StdinPipe()
	if err == nil {
		err = flooder.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceValue(func() int {
		end.Close()
		if err := flooder.Wait(); err != nil {
			t.Error("the flood: ", err)
		}
		opened, _ := strconv.Atoi(strings.TrimSpace(said.String()))
		return opened
	})
	t.Cleanup(func() { stop() })
	select {
	case <-begun:
	case <-time.After(time.Minute): // the flood has what time the service leaves
		t.Fatal("the flood does not begin")
	}
	return stop
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// runFlood is the process of a flood. It ends with its standard input.
func runFlood(description string) int {
	var f flood
	if n, err := fmt.Sscan(description, &f.target, &f.addresses, &f.connections); n != 3 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	f.hello = strings.SplitN(description, " ", 4)[3]
	// Strangers have machines of their own. This one's time goes to the service first.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19)
	ctx, cancel := context.WithCancel(context.Background())
	var opened atomic.Int64
	var ended sync.WaitGroup
	for i := range f.connections {
		ended.Go(func() {
			for ctx.Err() == nil {
				f.hold(ctx, i%f.addresses, func() {
					if opened.Add(1) == int64(f.connections) {
						fmt.Print(" ") // begun
					}
				})
			}
		})
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	ended.Wait()
	fmt.Print(opened.Load())
	return 0
}

// hold opens a connection and holds it until the service closes it or ctx ends.
func (f flood) hold(ctx context.Context, address int, opened func()) {
	from := net.IPv4(127, 1, byte(address), 1)
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}, Timeout: patience, KeepAlive: -1}
	conn, err := d.DialContext(ctx, "tcp", f.target)
	if errors.Is(err, syscall.ECONNRESET) { // closed for another one before this process noticed
		opened()
	}
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetLinger(0) // its port is free at once
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_, _ = io.WriteString(conn, f.hello)
	opened()
	_, _ = io.Copy(io.Discard, conn)
}
