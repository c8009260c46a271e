package sshconsole

import (
	"net"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// By default the server has no weaker algorithms than an audit accepts. Old libraries
// have no others.
func TestLegacyAlgorithms(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	key := gossh.PublicKeys(l.newKey("acme"))
	ctr := []string{gossh.CipherAES128CTR}
	for name, c := range map[string]struct {
		algorithms   gossh.Config
		ok, legacyOK bool
	}{
		"paramiko 2.12":  {gossh.Config{Ciphers: ctr, MACs: []string{gossh.HMACSHA256, gossh.HMACSHA256ETM}}, true, true},
		"AES-256":        {gossh.Config{Ciphers: []string{gossh.CipherAES256CTR}, MACs: []string{gossh.HMACSHA512ETM}}, true, true},
		"libssh2 1.10":   {gossh.Config{Ciphers: ctr, MACs: []string{gossh.HMACSHA256}}, false, true},
		"net-ssh 7.0":    {gossh.Config{KeyExchanges: []string{gossh.KeyExchangeECDHP256}, Ciphers: ctr, MACs: []string{gossh.HMACSHA512ETM}}, false, true},
		"SHA-1 MAC":      {gossh.Config{Ciphers: ctr, MACs: []string{gossh.HMACSHA1}}, false, false},
		"SHA-1 exchange": {gossh.Config{KeyExchanges: []string{gossh.InsecureKeyExchangeDH14SHA1}}, false, false},
		"P-521":          {gossh.Config{KeyExchanges: []string{gossh.KeyExchangeECDHP521}}, false, false},
		"group 14":       {gossh.Config{KeyExchanges: []string{gossh.KeyExchangeDH14SHA256}}, false, false},
		"group exchange": {gossh.Config{KeyExchanges: []string{gossh.KeyExchangeDHGEXSHA256}}, false, false},
		"CBC":            {gossh.Config{Ciphers: []string{gossh.InsecureCipherAES128CBC}}, false, false},
		"AES-192":        {gossh.Config{Ciphers: []string{gossh.CipherAES192CTR}}, false, false},
	} {
		for _, legacy := range []bool{false, true} {
			config := l.server.Config
			config.Legacy = legacy
			s := NewServer(config)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- s.Serve(listener) }()
			client, err := gossh.Dial("tcp", listener.Addr().String(), &gossh.ClientConfig{
				Config: c.algorithms, User: "acme", Auth: []gossh.AuthMethod{key}, HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: soon})
			if want := c.ok || legacy && c.legacyOK; (err == nil) != want {
				t.Errorf("%s, legacy %v: %v", name, legacy, err)
			}
			if err == nil {
				client.Close()
			}
			s.Shutdown(t.Context())
			if err := <-served; err != nil {
				t.Error(err)
			}
		}
	}
}
