// Snomredirect is a self-hosted redirection service for snom phones. A phone asks
// it for settings on its first boot. If a partner has registered the phone's MAC,
// the reply names that partner's setting server; otherwise it is an empty
// settings file.
//
//	snomredirect serve        run the service
//	snomredirect health       check a running service
//	snomredirect check        check settings files before a phone reads them
//	snomredirect check-store  check the database of a service that is stopped
//	snomredirect compact      make the database of a service that is stopped smaller
//	snomredirect restore      restore a data folder from an archive that BACKUP wrote
//	snomredirect move         move accounts and phones into etcd, or back
//	snomredirect hawk         sign a request to the REST API with an API key
//	snomredirect version      show the version
//
// Phones send their requests over HTTP or HTTPS. Partners register phones, and
// operators run the service, at a console over SSH. Partners' tools can use snom's
// XML-RPC API, and the REST API of snom's present service. All data is in one folder. Each flag can also be set by an environment
// variable: --public-name by SNOMREDIRECT_PUBLIC_NAME. systemd can open the sockets.
//
// The exit status is 0 on success, which for serve means that it was asked to
// stop, 1 if something failed or check found errors, and 2 if the command line is wrong
// or check could not read all files.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"snomredirect/store"
)

type commandLine struct {
	Serve      serve      `cmd:"" help:"Run the service."`
	Health     health     `cmd:"" help:"Check a running service, for container health checks."`
	Check      checkFiles `cmd:"" help:"Check settings files before a phone reads them."`
	CheckStore checkStore `cmd:"" help:"Check the database of a service that is stopped."`
	Compact    compact    `cmd:"" help:"Make the database of a service that is stopped smaller."`
	Restore    restore    `cmd:"" help:"Restore a data folder from an archive that the console's command BACKUP wrote."`
	Move       move       `cmd:"" help:"Move accounts and phones from a data folder into etcd, or back, while no service runs."`
	Hawk       signHawk   `cmd:"" help:"Sign a request to the REST API with an API key, for curl."`
	Version    version    `cmd:"" help:"Show the version."`
}

// output is where a command writes.
type output struct{ stdout, stderr io.Writer }

// errUsage ends every error about the command line. The exit status is then 2.
var errUsage = errors.New("try snomredirect --help")

func main() {
	switch err := run(untilSignal(), os.Args[1:], output{os.Stdout, os.Stderr}); {
	case errors.Is(err, errUsage), errors.Is(err, errUnread):
		exit(2, err)
	case err != nil:
		exit(1, err)
	}
}

// untilSignal returns a context that ends with a signal to stop. SIGINT or SIGTERM then
// ends the program at once. SIGHUP does not, because a terminal that goes away may send
// it twice; it is ignored if it was at the start, as with nohup.
func untilSignal() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		hangup, cancel := context.WithCancel(ctx)
		hangups := make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP)
		go func() { <-hangups; cancel() }()
		ctx = hangup
	}
	context.AfterFunc(ctx, stop)
	return ctx
}

// exit prints err and ends the program with a status, even if nobody reads.
func exit(status int, err error) {
	printed := make(chan struct{})
	go func() {
		var lines []string // which may quote what was typed, or the names of files
		for line := range strings.SplitSeq(err.Error(), "\n") {
			lines = append(lines, store.Printable(line))
		}
		fmt.Fprintf(os.Stderr, "snomredirect: %s\n", strings.Join(lines, "\n"))
		close(printed)
	}()
	select {
	case <-printed:
	case <-time.After(logTime):
	}
	os.Exit(status)
}

// run runs the program until its command is done or ctx ends.
func run(ctx context.Context, args []string, out output) error {
	parser, err := newParser(&commandLine{},
		kong.Writers(out.stdout, out.stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(out))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		// Kong puts the command's name before the errors of its Validate method.
		return fmt.Errorf("%s: %w", strings.TrimPrefix(err.Error(), "serve: "), errUsage)
	}
	return command.Run()
}

// newParser returns the parser of the command line and its environment variables.
func newParser(c *commandLine, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append(options,
		kong.Name("snomredirect"),
		kong.Description("A self-hosted redirection service for snom phones."),
		kong.DefaultEnvars("SNOMREDIRECT"))...)
}
