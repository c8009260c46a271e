package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// https measures a boot over TLS 1.3 with an ECDSA key, with a full handshake and with
// one that resumes a session.
func (b *bench) https() error {
	const registered = 100_000
	certificate, key, err := b.newCertificate()
	if err != nil {
		return err
	}
	s, err := b.newService("https", "--https", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key)
	if err != nil {
		return err
	}
	defer s.stop()
	if _, err := s.register(0, registered); err != nil {
		return err
	}
	ours, err := newTarget("snomredirect", s.addresses.HTTPS, true, s.process)
	if err != nil {
		return err
	}
	constant, err := b.startConstant(certificate, key)
	if err != nil {
		return err
	}
	defer constant.process.stop()
	p := &phones{registered: registered}
	for _, kind := range []struct {
		what    string
		resumed bool
	}{{"HTTPS boot, ECDSA, TLS 1.3", false}, {"the same, with session tickets", true}} {
		n := b.requests / 5 // a handshake takes that much longer
		own, theirs, err := b.alternate(
			func() (float64, error) { return ours.cost(ours.handshakes(kind.resumed), p, n) },
			func() (float64, error) { return constant.cost(constant.handshakes(kind.resumed), p, n) },
		)
		if err != nil {
			return err
		}
		b.table.addRatio(kind.what, "net/http with TLS and a constant reply", own, theirs, "µs", "≤ 1.05")
	}
	return nil
}

// newCertificate makes a self-signed certificate and its key.
func (b *bench) newCertificate() (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0), DNSNames: []string{"secure-provisioning.snom.com"}}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	certificate, key = filepath.Join(b.folder, "tls.pem"), filepath.Join(b.folder, "tls.key")
	return certificate, key, errors.Join(
		os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

// handshakers is how many clients make handshakes at once.
const handshakers = 16

// handshakes returns a load like [target.boots] over TLS. If resumed, each client resumes
// the session of its last connection.
func (t *target) handshakes(resumed bool) func(*phones, int) error {
	return func(p *phones, n int) error {
		var mu sync.Mutex // for p
		var clients errgroup.Group
		for range handshakers {
			config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, ServerName: "secure-provisioning.snom.com"}
			if resumed {
				config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
			}
			clients.Go(func() error {
				for range n / handshakers {
					mu.Lock()
					turn := p.turn
					number, registered := p.next()
					mu.Unlock()
					if err := t.handshake(config, turn, fmt.Sprintf(request, number), registered); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return clients.Wait()
	}
}

func (t *target) handshake(config *tls.Config, turn int, request string, registered bool) error {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(siteOf(turn)), Timeout: patience, KeepAlive: -1}
	raw, err := d.Dial("tcp", t.address.String())
	if err != nil {
		return err
	}
	defer raw.Close()
	_ = raw.SetDeadline(time.Now().Add(patience))
	c := tls.Client(raw, config)
	if _, err := io.WriteString(c, request); err != nil {
		return err
	}
	return t.expect(c, registered)
}
