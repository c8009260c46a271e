package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
)

// A service is the program that is measured, with one partner, acme.
type service struct {
	*process
	folder    string
	addresses addresses
	signer    ssh.Signer
}

type addresses struct{ HTTP, HTTPS, PnP, SSH, Metrics string }

// newService makes a data folder and starts the service with it.
func (b *bench) newService(name string, flags ...string) (*service, error) {
	s := &service{folder: filepath.Join(b.folder, name)}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	line, err := ssh.NewPublicKey(public)
	if err == nil {
		s.signer, err = ssh.NewSignerFromKey(private)
	}
	if err != nil {
		return nil, err
	}
	err = errors.Join(os.Mkdir(s.folder, 0o700), os.WriteFile(filepath.Join(s.folder, "key.pub"), ssh.MarshalAuthorizedKey(line), 0o600))
	if err == nil {
		err = b.startService(s, append(flags, "--admin-key", "key.pub")...)
	}
	if err != nil {
		return nil, err
	}
	return s, s.run(nil, nil, "account add acme "+settingServer)
}

// startService starts the service, again or for the first time, and returns once it
// listens.
func (b *bench) startService(s *service, flags ...string) error {
	cmd := exec.Command(b.program, append([]string{"serve", "--data", "data", "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--metrics", "127.0.0.1:0",
		"--quota", "20000000", "--log-format", "json"}, flags...)...)
	cmd.Dir = s.folder
	listening := make(chan struct{})
	p, err := b.start(cmd, func(line string) {
		var entry struct {
			addresses
			Msg string
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
			s.addresses = entry.addresses
			close(listening)
		}
	})
	if err != nil {
		return err
	}
	s.process = p
	select {
	case <-listening:
		return nil
	case <-p.ended:
		return errors.New("the service has ended")
	case <-time.After(patience):
		p.stop()
		return errors.New("the service does not listen")
	}
}

// dial opens a connection to the console as admin.
func (s *service) dial() (*ssh.Client, error) { return s.dialAs("admin") }

func (s *service) dialAs(name string) (*ssh.Client, error) {
	return ssh.Dial("tcp", s.addresses.SSH, &ssh.ClientConfig{User: name, Auth: []ssh.AuthMethod{ssh.PublicKeys(s.signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: patience})
}

// publicKey returns the line of the key with which the service is reached.
func (s *service) publicKey() io.Reader {
	return bytes.NewReader(ssh.MarshalAuthorizedKey(s.signer.PublicKey()))
}

// run runs a command of the console on a connection of its own.
func (s *service) run(input io.Reader, output io.Writer, command string) error {
	c, err := s.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	return runOn(c, input, output, command)
}

func runOn(c *ssh.Client, input io.Reader, output io.Writer, command string) error {
	session, err := c.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	var stderr bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = input, output, &stderr
	if err := session.Run(command); err != nil {
		return fmt.Errorf("%s: %w %s", command, err, stderr.Bytes())
	}
	return nil
}

// register registers the phones from one number to another, in a random order and one
// session, and returns how long that took.
func (s *service) register(from, to int) (time.Duration, error) {
	var list bytes.Buffer
	if err := writeList(&list, from, to); err != nil {
		return 0, err
	}
	begun := time.Now()
	err := s.run(&list, nil, "register - --account acme")
	return time.Since(begun), err
}

// metric returns the value of a series without labels.
func (s *service) metric(name string) (float64, error) {
	reply, err := http.Get("http://" + s.addresses.Metrics + "/metrics")
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no series %s", name)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// written waits until the contacts that the service has recorded are written. They are
// every few seconds.
func (s *service) written() error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if waiting, err := s.metric("snomredirect_contacts_waiting"); err != nil || waiting == 0 {
			return err
		}
	}
	return errors.New("the contacts are not written")
}
