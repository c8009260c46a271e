// Snomphone acts as a snom phone on its first boot, and shows each step.
//
//	snomphone [boot] --mac 0004132202E4 [URL]     boot one phone
//	snomphone storm --phones 20000 --rate 500 URL  boot many, and measure
//
// The phone requests the URL that the firmware of its model has hard-coded, on
// provisioning.snom.com; only with --real, snomphone does so too. If the URL argument has no path, it takes the place of
// that host: http://localhost:8080 for a service on this machine. If it has a
// path or the scheme tftp, it stands for what is typed into the phone's field
// Setting URL. A setting
// URL without a file name means two files, /{model}.htm and /{model}-{MAC}.htm. So
// does one whose file name is without {mac}: that file, and one with -MAC before the
// ending. One of the two may be missing.
//
// The phone reads each reply in the format that it has and stores the settings. It
// fetches the files that a reply names in their order, goes on to the setting
// server that it was given, and finally requests the URL in firmware_status. It
// replaces {mac} and {phone_type} as phones do. A phone that has a setting server ignores one with
// the flag '!'. In the end snomphone prints the settings that the phone has, with
// their flags and the file that each is from. It follows HTTP redirects, though it
// is not known whether firmware does. It follows only http, https and tftp, up to 5
// setting servers, and sends up to 64 requests.
//
// If no setting server other than the redirection service has answered, the phone
// goes on to the ways that the flags give it. With --pnp it asks by SIP Plug & Play,
// by multicast on that interface, and waits 5 seconds for the URL of a setting
// server. If that does not answer either, it uses the DHCP options in --dhcp-66 and
// --dhcp-67. Option 66 is a URL such as http://192.0.2.10 or tftp://192.0.2.10;
// option 67 is the file there, in which snom3x0 is the phone's model. Snomphone is no
// DHCP client: dhclient and others print the options.
//
// If a server requires a user and a password, with Basic or Digest, the phone sends
// those in the URL; or, to the same server, those in the URL of the setting server;
// or those in the settings http_client_user and http_client_pass. An HTTP redirect to
// another server gets none of them. Snomphone prints *** in their place.
//
// With --cert and --key the phone has a factory certificate. Its common name is
// the phone's MAC unless --mac gives another. The phone presents the certificate
// to every server that requests one, even if the server names other CAs, because
// it has no other. It trusts servers by the system's CAs or, instead, those of
// --cacert.
//
// A storm sends only the first request of each phone, on a connection of its own.
// It follows no reply. All its phones present the same certificate.
//
// The M3 is not simulated: it reads a settings format of its own.
//
// The exit status is 0 on success, 1 if something failed or the phone got no
// settings, and 2 if the command line is wrong.
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
	Boot  bootCommand `cmd:"" default:"withargs" help:"Boot one phone and show each step (the default command)."`
	Storm storm       `cmd:"" help:"Boot many phones against your own redirection service and measure its replies."`
}

// output is where a command writes.
type output struct{ stdout, stderr io.Writer }

// errUsage ends every error about the command line. The exit status is then 2.
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

// run runs the program until its command is done or ctx ends.
func run(ctx context.Context, args []string, out output) error {
	parser, err := kong.New(&commandLine{},
		kong.Name("snomphone"),
		kong.Description("A snom phone's first boot, for testing redirection services and setting servers."),
		kong.Writers(out.stdout, out.stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(out))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%s: %w", withoutLogins(err.Error(), args), errUsage)
	}
	return command.Run()
}
