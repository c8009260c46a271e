package integration

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scan --from ADDRESS FILE ... requests the settings of each MAC in the files, one a
// line, and prints how many phones are redirected, or with --list which. It keeps its
// connection, unlike phones: the limits count addresses, and thousands of connections
// would take most of the time.
func scan(ts *testscript.TestScript, neg bool, args []string) {
	flags := flag.NewFlagSet("scan", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	from := flags.String("from", "127.0.0.1", "")
	list := flags.Bool("list", false, "")
	if neg || flags.Parse(args) != nil || flags.NArg() < 1 {
		ts.Fatalf("usage: scan [--from ADDRESS] [--list] FILE ...")
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dialerFrom(*from).DialContext, DisableCompression: true}}
	defer client.CloseIdleConnections()
	all, redirected := 0, 0
	for _, file := range flags.Args() {
		for line := range strings.Lines(ts.ReadFile(file)) {
			mac := strings.TrimSpace(line)
			response, err := client.Get("http://" + of(ts).HTTP + "/snom360/snom360.php?mac=" + mac)
			ts.Check(err)
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			ts.Check(err)
			all++
			if !strings.Contains(string(body), "setting_server") {
				continue
			}
			if redirected++; *list {
				fmt.Fprintln(ts.Stdout(), mac)
			}
		}
	}
	if !*list {
		fmt.Fprintf(ts.Stdout(), "%d of %d redirected\n", redirected, all)
	}
}

// dialerFrom returns a dialer whose connections come from an address of this machine.
func dialerFrom(address string) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
}

// macs FILE FIRST N [STEP] writes N MACs to a file, one a line, STEP apart from FIRST,
// six hex digits after 000413.
func macs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: macs FILE FIRST N [STEP]")
	}
	first, err := strconv.ParseUint(args[1], 16, 24)
	ts.Check(err)
	n, err := strconv.ParseUint(args[2], 10, 24)
	ts.Check(err)
	step := uint64(1)
	if len(args) == 4 {
		step, err = strconv.ParseUint(args[3], 10, 24)
		ts.Check(err)
	}
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer file.Close()
	w := bufio.NewWriter(file)
	for i := range n {
		fmt.Fprintf(w, "000413%06X\n", first+i*step)
	}
	ts.Check(w.Flush())
}

// eventually TEXT NAME WORD ... runs a command as NAME, as partner does, until its
// standard output contains TEXT.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: eventually TEXT NAME WORD ...")
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		client, err := of(ts).dial(args[1])
		ts.Check(err)
		session, err := client.NewSession()
		ts.Check(err)
		out, err := session.Output(strings.Join(args[2:], " "))
		client.Close()
		ts.Check(err)
		if strings.Contains(string(out), args[0]) {
			_, _ = ts.Stdout().Write(out)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%q is not in\n%s", args[0], out)
		}
	}
}
