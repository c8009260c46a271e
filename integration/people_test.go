package integration

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
)

// key NAME ... creates a key pair for each name: NAME.key and NAME.pub.
func key(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		ts.Check(of(ts).makeKey(name))
	}
}

func (s *story) makeKey(name string) error {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, name)
	if err != nil {
		return err
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		return err
	}
	file := filepath.Join(s.folder, name)
	return errors.Join(
		os.WriteFile(file+".key", pem.EncodeToMemory(block), 0o600),
		os.WriteFile(file+".pub", ssh.MarshalAuthorizedKey(line), 0o600))
}

// operator [<FILE] [>FILE] WORD ... runs a command as admin, and partner [<FILE] NAME
// [>FILE] WORD ... runs one as NAME. Both log in over SSH, with the password in
// NAME.password if that file exists, else with the key in NAME.key. The first FILE is
// the command's standard input. Its standard output goes to the second one, for what is
// not text.
func operator(ts *testscript.TestScript, neg bool, args []string) {
	run(ts, neg, "admin", args)
}

func partner(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 1 && strings.HasPrefix(args[0], "<") {
		args[0], args[1] = args[1], args[0]
	}
	run(ts, neg, args[0], args[1:])
}

func run(ts *testscript.TestScript, neg bool, name string, words []string) {
	s := of(ts)
	var input io.Reader = strings.NewReader("")
	if len(words) > 0 && strings.HasPrefix(words[0], "<") {
		input = strings.NewReader(ts.ReadFile(words[0][1:]))
		words = words[1:]
	}
	output := ts.Stdout()
	if len(words) > 0 && strings.HasPrefix(words[0], ">") {
		f, err := os.OpenFile(ts.MkAbs(words[0][1:]), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		ts.Check(err)
		defer f.Close()
		output = f
		words = words[1:]
	}
	client, err := s.dial(name)
	if err != nil {
		if !neg {
			ts.Fatalf("%s: %v", name, err)
		}
		s.lastStatus = 255 // as OpenSSH does
		_, _ = io.WriteString(ts.Stderr(), err.Error())
		return
	}
	defer client.Close()
	session, err := client.NewSession()
	ts.Check(err)
	session.Stdin, session.Stdout, session.Stderr = input, output, ts.Stderr()
	if len(words) > 0 {
		err = session.Run(strings.Join(words, " "))
	} else if err = session.Shell(); err == nil {
		err = session.Wait()
	}
	s.lastStatus = 0
	if exit := (*ssh.ExitError)(nil); errors.As(err, &exit) {
		s.lastStatus = exit.ExitStatus()
	} else {
		ts.Check(err)
	}
	if (s.lastStatus != 0) != neg {
		ts.Fatalf("%s %s: exit status %d", name, strings.Join(words, " "), s.lastStatus)
	}
}

func (s *story) dial(name string) (*ssh.Client, error) {
	var auth ssh.AuthMethod
	if password, err := os.ReadFile(filepath.Join(s.folder, name+".password")); err == nil {
		auth = ssh.Password(strings.TrimSpace(string(password)))
	} else {
		text, err := os.ReadFile(filepath.Join(s.folder, name+".key"))
		if err != nil {
			return nil, err
		}
		signer, err := ssh.ParsePrivateKey(text)
		if err != nil {
			return nil, err
		}
		auth = ssh.PublicKeys(signer)
	}
	return s.connect(name, auth)
}

func (s *story) connect(name string, auth ssh.AuthMethod) (*ssh.Client, error) {
	return ssh.Dial("tcp", s.SSH, &ssh.ClientConfig{
		User: name, Auth: []ssh.AuthMethod{auth}, HostKeyCallback: s.knowHostKey, Timeout: patience})
}

// knowHostKey remembers the fingerprint of the program's host key, and accepts any.
func (s *story) knowHostKey(_ string, _ net.Addr, key ssh.PublicKey) error {
	s.hostKey.Store(ssh.FingerprintSHA256(key))
	return nil
}

// offer KEY OTHER NAME tries to log in as NAME by offering the public key in KEY.pub,
// which is no secret, and signing with OTHER.key.
func offer(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: offer KEY OTHER NAME")
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(ts.ReadFile(args[0] + ".pub")))
	ts.Check(err)
	signer, err := ssh.ParsePrivateKey([]byte(ts.ReadFile(args[1] + ".key")))
	ts.Check(err)
	client, err := of(ts).connect(args[2], ssh.PublicKeys(borrowed{signer, public}))
	if err == nil {
		client.Close()
	}
	if (err == nil) == neg {
		ts.Fatalf("logged in: %v (%v)", err == nil, err)
	}
}

// A borrowed signer presents a public key that is not its own.
type borrowed struct {
	ssh.Signer
	public ssh.PublicKey
}

func (b borrowed) PublicKey() ssh.PublicKey { return b.public }

// status N checks the exit status of the last command over SSH.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if got := strconv.Itoa(of(ts).lastStatus); len(args) != 1 || (got == args[0]) == neg {
		ts.Fatalf("exit status %s", got)
	}
}

// console NAME FILE types the lines of FILE in a terminal session of 80 columns, and
// writes the screen to standard output.
func console(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: console NAME FILE")
	}
	client, err := of(ts).dial(args[0])
	ts.Check(err)
	defer client.Close()
	session, err := client.NewSession()
	ts.Check(err)
	var screen bytes.Buffer
	session.Stdin, session.Stdout = strings.NewReader(ts.ReadFile(args[1])), &screen
	ts.Check(session.RequestPty("xterm", 24, 80, ssh.TerminalModes{}))
	ts.Check(session.Shell())
	ts.Check(session.Wait())
	_, _ = io.WriteString(ts.Stdout(), strings.ReplaceAll(screen.String(), "\r\n", "\n"))
}

// phone [--files] [--https] [--cert NAME] [--cacert NAME] PATH [USER-AGENT] sends a
// request as a phone does, with --files to that listener. The body goes to standard output; the status, Content-Type and
// Content-Length go to standard error. Over HTTPS it trusts the CAs in the NAME.pem
// of --cacert (default ca), and presents the NAME.pem of --cert, whichever CAs the
// server lists. ! phone expects a status of 400 or more or, over HTTPS, a failed
// connection, whose error goes to standard error.
func phone(ts *testscript.TestScript, neg bool, args []string) {
	flags := flag.NewFlagSet("phone", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	files := flags.Bool("files", false, "")
	https := flags.Bool("https", false, "")
	cert := flags.String("cert", "", "")
	cacert := flags.String("cacert", "ca", "")
	if flags.Parse(args) != nil || flags.NArg() < 1 || flags.NArg() > 2 {
		ts.Fatalf("usage: phone [--files] [--https] [--cert NAME] [--cacert NAME] PATH [USER-AGENT]")
	}
	s, path := of(ts), flags.Arg(0)
	address := "http://" + s.HTTP
	if *files {
		address = "http://" + s.Files
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	if *https {
		if address = "https://" + s.HTTPS; *files {
			address = "https://" + s.Files
		}
		if address == "https://" {
			ts.Fatalf("the service does not listen for HTTPS")
		}
		var err error
		transport.TLSClientConfig, err = s.tlsOfPhone(*cert, *cacert)
		ts.Check(err)
	}
	request, err := http.NewRequest(http.MethodGet, address+path, nil)
	ts.Check(err)
	request.Header.Set("User-Agent", flags.Arg(1))
	client := http.Client{Timeout: patience, Transport: transport}
	response, err := client.Do(request)
	if err != nil && *https && neg {
		_, _ = io.WriteString(ts.Stderr(), err.Error()+"\n")
		return
	}
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	_, _ = ts.Stdout().Write(body)
	_, _ = io.WriteString(ts.Stderr(), response.Status+"\n"+"Content-Type: "+response.Header.Get("Content-Type")+"\n"+
		"Content-Length: "+response.Header.Get("Content-Length")+"\n")
	if (response.StatusCode >= 400) != neg {
		ts.Fatalf("%s: %s\n%s", path, response.Status, body)
	}
}
