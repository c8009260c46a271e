// Bench measures what the service costs, each time beside a rival that does the same
// work in the same run, and prints a table. It talks to the real program over its
// protocols only.
//
//	go run ./integration/bench                 all rows
//	go run ./integration/bench -rows boot      the rows whose family matches
//	go run ./integration/bench -million 10     with ten million phones too, which takes long
//	go run ./integration/bench -readme integration/bench/README.md    also write the page
//
// The service and its rivals run on one core, the clients on the others. What is measured
// is CPU time, as the kernel counts it for the process and its children, and the rounds of
// the service and its rivals alternate. Rivals that are not installed are left out, and
// named. All connections are on the loopback interface.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A family is rows that are measured together.
type family struct {
	name  string
	about string
	run   func(*bench) error
}

var families = []family{
	{"boot", "a boot, and what contacts cost after it, beside net/http, nginx and PHP", (*bench).boot},
	{"kept", "a request on a connection that is kept", (*bench).kept},
	{"https", "a boot over HTTPS", (*bench).https},
	{"pnp", "a phone over SIP Plug & Play", (*bench).pnp},
	{"upload", "a million phones in one list, beside SQLite", (*bench).upload},
	{"registers", "phones one by one, from many sessions and from one", (*bench).registers},
	{"sessions", "the memory of idle sessions", (*bench).sessions},
	{"beside", "boots while a list is registered", (*bench).beside},
	{"cluster", "several nodes with etcd, beside a single machine", (*bench).cluster},
	{"many", "all that depends on how many phones there are", (*bench).many},
}

// A bench is one run of the program.
type bench struct {
	ctx      context.Context
	folder   string // for all files, deleted at the end
	program  string // the service
	cores    cores
	rounds   int
	requests int
	million  int
	table    table
	missing  []string // rivals that are not installed
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == constantCommand {
		exit(serveConstant(os.Args[2], "", ""))
	}
	if len(os.Args) == 5 && os.Args[1] == constantCommand {
		exit(serveConstant(os.Args[2], os.Args[3], os.Args[4]))
	}
	b := &bench{}
	rows := flag.String("rows", "", "measure only families whose name matches this regular expression")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds of each row; at least 5")
	flag.IntVar(&b.requests, "requests", 20_000, "requests in a round")
	flag.IntVar(&b.million, "million", 1, "how many million phones there are: 1, or up to 10 for the rows of many phones")
	readme := flag.String("readme", "", "also replace the measured rows in this page")
	keep := flag.Bool("keep", false, "keep the data folders")
	profile := flag.String("profile", "", "measure nothing, and write a CPU profile of the service for the compiler to this file")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: go run ./integration/bench [flags]\n\nFamilies of rows:")
		for _, f := range families {
			fmt.Fprintf(flag.CommandLine.Output(), "  %-10s %s\n", f.name, f.about)
		}
		fmt.Fprintln(flag.CommandLine.Output(), "\nFlags:")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b.ctx = ctx
	exit(b.prepared(*keep, func() error {
		if *profile != "" {
			return b.profile(*profile)
		}
		return b.measure(*rows, *readme)
	}))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// prepared calls f with all that it needs.
func (b *bench) prepared(keep bool, f func() error) (err error) {
	if b.rounds < 5 || b.million < 1 || b.million > 10 {
		return errors.New("expected at least 5 rounds, and 1 to 10 million phones")
	}
	if b.cores, err = divideCores(); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	if keep {
		fmt.Fprintln(os.Stderr, "kept:", b.folder)
	} else {
		defer os.RemoveAll(b.folder)
	}
	b.program = filepath.Join(b.folder, "snomredirect")
	if out, err := exec.CommandContext(b.ctx, "go", "build", "-o", b.program, "snomredirect/cmd/snomredirect").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if err := b.cores.pinClients(); err != nil {
		return err
	}
	return f()
}

// measure measures the families whose name matches, and prints the table. If readme is
// not "", it is the page to which they are written too, each as soon as it is measured.
func (b *bench) measure(rows, readme string) error {
	pattern, err := regexp.Compile(rows)
	if err != nil {
		return err
	}
	var all table
	for _, f := range families {
		if !pattern.MatchString(f.name) {
			continue
		}
		begun := time.Now()
		b.table = nil
		if err := f.run(b); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		took := time.Since(begun).Round(time.Second)
		fmt.Fprintf(os.Stderr, "%s: %v\n", f.name, took)
		all = append(all, b.table...)
		if readme != "" && len(b.table) > 0 {
			var text bytes.Buffer
			b.table.print(&text)
			fmt.Fprintf(&text, "\n%s, in %v: %s.\n", begun.UTC().Format(time.DateOnly), took, machine())
			if err := writeReadme(readme, report{f.name, text.String()}); err != nil {
				return err
			}
		}
	}
	fmt.Println(machine())
	fmt.Println()
	all.print(os.Stdout)
	if slices.Sort(b.missing); len(b.missing) > 0 {
		fmt.Printf("\nNot installed, and left out: %s.\n", strings.Join(slices.Compact(b.missing), ", "))
	}
	return nil
}

// installed reports whether a program is installed; if not, the Debian package that
// contains it is listed as missing.
func (b *bench) installed(program, debian string) (path string, ok bool) {
	matches, _ := filepath.Glob("/usr/sbin/" + program)
	if path, err := exec.LookPath(program); err == nil {
		return path, true
	}
	if len(matches) > 0 {
		return matches[0], true
	}
	b.missing = append(b.missing, debian)
	return "", false
}
