// Snomredirect is the redirection service that snom phones ask on their first
// boot, self-hosted: a phone whose MAC a partner has registered is sent to that
// partner's setting server, any other gets an empty settings file.
//
//	snomredirect serve     run the service
//	snomredirect health    ask a running service whether it is well
//	snomredirect version   show the version
//
// Phones ask over HTTP and HTTPS; partners register their phones, and operators
// run the service, at a console over SSH; partners' tools may ask over XML-RPC.
// All is kept in one data folder. Each flag of serve is also an environment
// variable: --public-name is SNOMREDIRECT_PUBLIC_NAME.
//
// The exit status is 0 when all went well (for serve: it was asked to stop), 1
// when something failed, 2 when the command line was not understood.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type commandLine struct {
	Serve   serve   `cmd:"" help:"Run the service."`
	Health  health  `cmd:"" help:"Ask a running service whether it is well: for container health checks."`
	Version version `cmd:"" help:"Show the version."`
}

// output is where a command writes.
type output struct{ stdout, stderr io.Writer }

// errUsage: the command line was not understood.
var errUsage = errors.New("try snomredirect --help")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	switch err := run(ctx, os.Args[1:], output{os.Stdout, os.Stderr}); {
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "snomredirect: %v\n", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "snomredirect: %v\n", err)
		os.Exit(1)
	}
}

// run is the program. It ends when its command is done or ctx ends.
func run(ctx context.Context, args []string, out output) error {
	parser, err := kong.New(&commandLine{},
		kong.Name("snomredirect"),
		kong.Description("The redirection service that snom phones ask on their first boot, self-hosted."),
		kong.Writers(out.stdout, out.stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(out))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	return command.Run()
}
