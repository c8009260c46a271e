// Snomphone behaves as a snom phone does on its first boot, and shows each step.
//
//	snomphone [boot] --mac 0004132202E4 [URL]     boot one phone
//	snomphone storm --phones 20000 --rate 500 URL  boot many, and measure
//
// The phone asks the URL that is hard-coded in the firmware of its model, on
// provisioning.snom.com or, where the URL given has no path, at that place:
// http://localhost:8080 for a service that runs here. A URL with a path stands
// for what is typed into the phone's field Setting URL; where it has no file
// name the phone asks for /{model}.htm and /{model}-{MAC}.htm.
//
// It reads each reply in whichever form it comes, remembers the settings, fetches
// the files that a reply names in their order, goes on to the setting server that
// it was given, and at last asks for what firmware_status names. {mac} is filled
// in as the phone does; a phone that has a setting server ignores one with the
// flag '!'. In the end it prints the settings it has, with their
// flags and the file each came from. A file behind an HTTP redirect is fetched,
// though what firmware makes of one is not known. The phone follows http and
// https alone, through at most 5 setting servers and 64 questions.
//
// With --cert and --key it has a factory certificate, whose common name is its
// MAC where --mac gives no other. It presents it to every server that asks for
// one, whichever authorities the server names, for it has no other. Servers are
// trusted by the system's authorities, or by those of --cacert in their place.
//
// A storm asks the first question only, each phone on a connection of its own,
// and follows nobody anywhere. All its phones present the same certificate.
//
// The exit status is 0 when all went well, 1 when something failed or the phone
// got no settings, 2 when the command line was not understood.
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
	Boot  boot  `cmd:"" default:"withargs" help:"Boot one phone and show each step: what is done without a command."`
	Storm storm `cmd:"" help:"Boot many phones at a redirection service of your own, and measure its answers."`
}

// output is where a command writes.
type output struct{ stdout, stderr io.Writer }

// errUsage: the command line was not understood.
var errUsage = errors.New("try snomphone --help")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	switch err := run(ctx, os.Args[1:], output{os.Stdout, os.Stderr}); {
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "snomphone: %s\n", printable(err.Error()))
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "snomphone: %s\n", printable(err.Error()))
		os.Exit(1)
	}
}

// run is the program. It ends when its command is done or ctx ends.
func run(ctx context.Context, args []string, out output) error {
	parser, err := kong.New(&commandLine{},
		kong.Name("snomphone"),
		kong.Description("A snom phone's first boot, to try a redirection service or a setting server with."),
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
