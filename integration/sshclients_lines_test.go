package integration

import (
	"os"
	"os/exec"
	"path/filepath"
)

// The command lines of the clients of TestSSHClients.

// skip skips a test of a client that is not installed.
func (c *sshClientTest) skip() {
	c.Helper()
	c.Skipf("install %[1]s to run this test: apt-get install %[1]s", c.client.packages)
}

// installed skips a test if one of the tools is not installed.
func (c *sshClientTest) installed(tools ...string) {
	c.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			c.skip()
		}
	}
}

// tool runs a program that the test needs, and requires it to succeed.
func (c *sshClientTest) tool(name string, args ...string) {
	c.Helper()
	if out, err := exec.CommandContext(c.Context(), name, args...).CombinedOutput(); err != nil {
		c.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// script is the prepare function of a library that a script in testdata/sshclients
// uses. If the interpreter exits with status 0 after probe, it has the library:
// Debian's own does, and the first in the PATH may be another.
func script(file, interpreter string, probe ...string) func(*sshClientTest) commandLine {
	return func(c *sshClientTest) commandLine {
		path, err := filepath.Abs(filepath.Join("testdata", "sshclients", file))
		c.check(err)
		for _, interpreter := range []string{"/usr/bin/" + interpreter, interpreter} {
			if exec.CommandContext(c.Context(), interpreter, probe...).Run() != nil {
				continue
			}
			return func(method, command string) []string {
				secret := c.password
				if method == "key" {
					secret = c.key
				}
				return []string{interpreter, path, c.port, "acme", method, secret, command}
			}
		}
		c.skip()
		return nil
	}
}

func plink(c *sshClientTest) commandLine {
	c.installed("plink", "puttygen")
	key := filepath.Join(c.TempDir(), "acme.ppk")
	c.tool("puttygen", c.key, "-O", "private", "-o", key)
	return func(method, command string) []string {
		line := []string{"plink", "-batch", "-P", c.port, "-hostkey", c.hostKey()}
		if method == "key" {
			line = append(line, "-i", key)
		} else {
			line = append(line, "-pw", c.password)
		}
		return append(line, "acme@127.0.0.1", command)
	}
}

func dbclient(c *sshClientTest) commandLine {
	c.installed("dbclient", "dropbearconvert")
	key := filepath.Join(c.TempDir(), "acme.dropbear")
	c.tool("dropbearconvert", "openssh", "dropbear", c.key, key)
	return func(method, command string) []string {
		line := []string{"dbclient", "-y", "-y", "-p", c.port}
		if method == "key" {
			line = append(line, "-i", key)
		} // else the password is in the environment
		return append(line, "acme@127.0.0.1", command)
	}
}

// openSSH logs in with the password by keyboard-interactive only.
func openSSH(c *sshClientTest) commandLine {
	c.installed("ssh")
	c.check(os.WriteFile(filepath.Join(c.folder, "askpass"), []byte("#!/bin/sh\necho "+c.password+"\n"), 0o700))
	return func(method, command string) []string {
		line := []string{"ssh", "-F", "none", "-p", c.port, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"}
		if method == "key" {
			line = append(line, "-i", c.key, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none")
		} else {
			line = append(line, "-o", "PreferredAuthentications=keyboard-interactive")
		}
		return append(line, "acme@127.0.0.1", command)
	}
}
