package main

import (
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"
)

// An sshd is OpenSSH's server, which sends a file.
type sshd struct {
	*process
	file   string
	dialed func() (*ssh.Client, error)
}

const sshdConfig = `ListenAddress %s
HostKey %s
AuthorizedKeysFile %s
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
UsePAM no
PidFile none
`

// startSSHD starts OpenSSH's server for the key of a service.
func (b *bench) startSSHD(program string, s *service, content []byte) (*sshd, error) {
	folder := filepath.Join(b.folder, "sshd")
	address, err := freeAddress()
	if err == nil {
		err = os.Mkdir(folder, 0o700)
	}
	if err != nil {
		return nil, err
	}
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return nil, err
	}
	authorized, err := io.ReadAll(s.publicKey())
	if err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(folder, name) }
	for name, text := range map[string][]byte{
		"host": pem.EncodeToMemory(block), "authorized": authorized, "list": content,
		"config": fmt.Appendf(nil, sshdConfig, address, in("host"), in("authorized")),
	} {
		if err := os.WriteFile(in(name), text, 0o600); err != nil {
			return nil, err
		}
	}
	_ = os.Mkdir("/run/sshd", 0o755) // which a server that root starts needs
	p, err := b.start(exec.Command(program, "-D", "-e", "-f", in("config")), nil)
	if err == nil {
		err = p.listening(address)
	}
	if err != nil {
		return nil, err
	}
	own, err := user.Current()
	if err != nil {
		return nil, err
	}
	at := *s
	at.addresses.SSH = address
	return &sshd{p, in("list"), func() (*ssh.Client, error) { return at.dialAs(own.Username) }}, nil
}

// cat returns how many seconds it takes until the file has come.
func (d *sshd) cat() (seconds float64, err error) {
	begun := time.Now()
	c, err := d.dialed()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	err = runOn(c, nil, &counter{}, "cat "+d.file)
	return time.Since(begun).Seconds(), err
}

// A counter counts what is written to it.
type counter struct{ n int }

func (c *counter) Write(b []byte) (int, error) {
	c.n += len(b)
	return len(b), nil
}
