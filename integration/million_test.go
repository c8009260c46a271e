package integration

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// maxMillionMemory is the memory that the service may need for each million phones, in
// KiB.
const maxMillionMemory = 384 << 10

// millions returns how many million phones TestMillion shall register, or 0.
func millions(t *testing.T) int {
	t.Helper()
	text := os.Getenv("SNOMREDIRECT_TEST_MILLION")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 12 { // of the 16.8 million MACs that begin with 000413
		t.Fatalf("SNOMREDIRECT_TEST_MILLION=%s: expected a number of millions from 1 to 12", text)
	}
	return n
}

// TestMillion registers a million phones, or more, as one unsorted list, and lists and
// exports them. The service's memory must stay small.
func TestMillion(t *testing.T) {
	phones := millions(t) * 1_000_000
	if phones == 0 {
		t.Skip("set SNOMREDIRECT_TEST_MILLION=1 to register a million phones; it takes a minute")
	}
	if len(buildFlags) > 0 {
		t.Skip("skipped with -race: the race detector needs memory of its own")
	}
	sources(t)
	m := startMillion(t)

	const url = "http://own.example/?a=1,2&m={mac}"
	var list, macs, exported []string
	for n, random := map[uint32]bool{}, rand.New(rand.NewPCG(4, 13)); len(n) < phones; {
		i := random.Uint32N(1 << 24)
		if n[i] {
			continue
		}
		n[i] = true
		mac := fmt.Sprintf("000413%06X", i)
		macs = append(macs, mac)
		if i%4 == 0 { // with a URL of its own
			list = append(list, mac+`,"`+url+`"`)
			exported = append(exported, list[len(list)-1])
		} else {
			list = append(list, mac)
			exported = append(exported, mac+",")
		}
	}
	slices.Sort(macs)
	slices.Sort(exported)

	m.want(fmt.Sprintf("%d lines: %[1]d registered.\n", phones), strings.Join(list, "\n")+"\n", "register -")
	m.want(fmt.Sprintln(phones), "", "count")
	m.want(strings.Join(macs, "\n")+"\n", "", "list")
	export := strings.Join(exported, "\n") + "\n"
	m.want(export, "", "export")
	m.want(fmt.Sprintf("Dry run: nothing would change. %d lines: %[1]d unchanged.\n", phones), export, "register - --dry-run")

	if kib, ok := m.peakMemory(t); ok {
		t.Logf("peak memory of the service: %d MiB", kib>>10)
		if most := millions(t) * maxMillionMemory; kib > most {
			t.Errorf("peak memory %d MiB, want at most %d MiB", kib>>10, most>>10)
		}
	}
	m.restart()
}

// peakMemory returns the most memory that the program has had so far, in KiB, where the
// system knows it.
func (s *story) peakMemory(t *testing.T) (kib int, ok bool) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0, false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	peak := regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`).FindSubmatch(status)
	if peak == nil {
		t.Fatalf("no VmHWM in\n%s", status)
	}
	kib, err = strconv.Atoi(string(peak[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib, true
}

// A million is a running service with one partner, acme.
type million struct {
	*testing.T
	*story
}

func startMillion(t *testing.T) million {
	m := million{t, &story{folder: t.TempDir()}}
	for _, name := range []string{"admin", "acme"} {
		if err := m.makeKey(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { m.end() })
	if err := m.start(nil, []string{"--admin-key", "admin.pub", "--quota", "20000000"}); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(m.folder + "/acme.pub")
	if err != nil {
		t.Fatal(err)
	}
	m.run("admin", "", "account add acme http://prov.acme.example/{mac}")
	m.run("admin", string(key), "account key acme add -")
	return m
}

// restart measures how long the service takes to end and to listen again.
func (m million) restart() {
	m.Helper()
	begun := time.Now()
	if err := m.process.Process.Signal(syscall.SIGTERM); err != nil {
		m.Fatal(err)
	}
	if err := m.wait(); err != nil {
		m.Fatal(err)
	}
	ended := time.Now()
	if err := m.start(nil, nil); err != nil {
		m.Fatal(err)
	}
	m.Logf("restart: %v to end, %v to listen", ended.Sub(begun).Round(time.Millisecond), time.Since(ended).Round(time.Millisecond))
}

// want checks the exact output of a command run by acme.
func (m million) want(want, input, command string) {
	m.Helper()
	begun := time.Now()
	got := m.run("acme", input, command)
	m.Logf("%s: %v", command, time.Since(begun).Round(10*time.Millisecond))
	if got == want {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i, line := range gotLines {
		if i == len(wantLines) || line != wantLines[i] {
			m.Fatalf("%s: line %d of %d is %q, want %d lines with %q", command, i+1, len(gotLines), line, len(wantLines), wantLines[min(i, len(wantLines)-1)])
		}
	}
	m.Fatalf("%s: %d lines, want %d", command, len(gotLines), len(wantLines))
}

// run runs one command on a connection of its own. The command must succeed.
func (m million) run(name, input, command string) string {
	m.Helper()
	client, err := m.dial(name)
	if err != nil {
		m.Fatal(err)
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		m.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(input), &stdout, &stderr
	if err := session.Run(command); err != nil {
		m.Fatalf("%s: %v\n%s", command, err, stderr.Bytes())
	}
	if stderr.Len() > 0 { // progress
		m.Logf("%s: %s", command, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout.String()
}
