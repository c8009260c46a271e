package main

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// certificates reads what HTTPS needs: the service's own certificate, and who
// signs phones' certificates. Both are nil where they are not given.
func (s *serve) certificates(log *slog.Logger) (*certificate, *x509.CertPool, error) {
	switch {
	case s.HTTP == "" && s.HTTPS == "":
		return nil, nil, fmt.Errorf("--http and --https are both empty: no phone would be answered: %w", errUsage)
	case s.HTTPS == "" && (s.PhoneCA != "" || s.RequirePhoneCert):
		return nil, nil, fmt.Errorf("--phone-ca and --require-phone-cert are for phones over HTTPS: give --https, such as --https :443, too: %w", errUsage)
	case s.HTTPS == "" && (s.RDS == "" || s.RDSPlain) && (s.TLSCert != "" || s.TLSKey != ""):
		return nil, nil, fmt.Errorf("--tls-cert and --tls-key are for HTTPS: give --https, such as --https :443, or --rds, too: %w", errUsage)
	case s.HTTPS != "" && (s.TLSCert == "" || s.TLSKey == ""):
		return nil, nil, fmt.Errorf("--https %s: expected --tls-cert and --tls-key, too: %w", s.HTTPS, errUsage)
	case (s.TLSCert == "") != (s.TLSKey == ""):
		return nil, nil, fmt.Errorf("--rds %s: expected both --tls-cert and --tls-key, or neither: %w", s.RDS, errUsage)
	case s.RequirePhoneCert && s.PhoneCA == "":
		return nil, nil, fmt.Errorf("--require-phone-cert: expected --phone-ca, too, or no phone could prove its MAC: %w", errUsage)
	case s.TLSCert == "":
		return nil, nil, nil
	}
	own, err := newCertificate(s.TLSCert, s.TLSKey, log)
	if err != nil || s.PhoneCA == "" {
		return own, nil, err
	}
	phones, err := authorities(s.PhoneCA, log)
	return own, phones, err
}

// tlsConfig shows own. Where there are authorities for them, phones are asked
// for their certificates, and any goes through: a chain of snom's first
// generation, with SHA-1, would end a handshake that looks at it, and what it
// proves is for the door to tell. The authorities are not named to the phone,
// which might keep back a certificate that is of none of them.
func tlsConfig(own *certificate, phones *x509.CertPool) *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: own.get}
	if phones != nil {
		t.ClientAuth = tls.RequestClientCert
	}
	return t
}

// certificateEvery is how often the files of a certificate are looked at. They
// are read, and not watched: what renews certificates replaces links, folders
// or mounts.
const certificateEvery = time.Second

// soon is how long before its end a certificate is warned of, once a day, or a
// third of its time where that is less.
const soon = 7 * 24 * time.Hour

// minBits is what an authority's RSA key has at least, or it proves nothing.
const minBits = 2048

// A certificate is the service's own, in two files of PEM, as they stand.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]

	last, judged reading // what was read last, and what was last tried to use
}

// A reading is what the files held, or why they can't be read.
type reading struct{ cert, key, problem string }

// newCertificate reads the files for the first time.
func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	c.last = c.read()
	c.judged = c.last
	if err := c.use(c.last); err != nil {
		return nil, err
	}
	c.warn()
	return c, nil
}

func (c *certificate) read() reading {
	cert, certErr := os.ReadFile(c.certFile)
	key, keyErr := os.ReadFile(c.keyFile)
	switch {
	case certErr != nil:
		return reading{problem: "--tls-cert " + c.certFile + ": " + reason(certErr)}
	case keyErr != nil:
		return reading{problem: "--tls-key " + c.keyFile + ": " + reason(keyErr)}
	}
	return reading{cert: string(cert), key: string(key)}
}

// reason is what is wrong with a file, without its name.
func reason(err error) string {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return err.Error()
}

// use has handshakes take the certificate that was read from now on.
func (c *certificate) use(r reading) error {
	if r.problem != "" {
		return errors.New(r.problem)
	}
	pair, err := tls.X509KeyPair([]byte(r.cert), []byte(r.key))
	if err != nil {
		return fmt.Errorf("--tls-cert %s and --tls-key %s: expected a certificate in PEM, with those between it and its authority behind it, and its key: %w", c.certFile, c.keyFile, err)
	}
	// The library leaves out what has no end, such as where the disk was full.
	if begun := strings.Count(r.cert, "-----BEGIN CERTIFICATE-----"); begun != len(pair.Certificate) {
		return fmt.Errorf("--tls-cert %s: %d certificates begin and %d can be read: it is cut off or damaged", c.certFile, begun, len(pair.Certificate))
	}
	c.current.Store(&pair)
	return nil
}

// get is for a tls.Config.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// watch takes the files into use as they change, until ctx ends.
func (c *certificate) watch(ctx context.Context) {
	look, warn := time.NewTicker(certificateEvery), time.NewTicker(24*time.Hour)
	defer look.Stop()
	defer warn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			c.look()
		case <-warn.C:
			c.warn()
		}
	}
}

// look takes the files into use where they have changed and are read twice
// alike: they are two, and may be half written. Where they can't be used, the
// certificate stays that is there.
func (c *certificate) look() {
	now := c.read()
	settled := now == c.last
	c.last = now
	if !settled || now == c.judged {
		return
	}
	c.judged = now
	if err := c.use(now); err != nil {
		c.log.Error("the certificate has changed and can't be used: the one before stays", "error", err)
		return
	}
	c.log.Info("certificate renewed", "file", c.certFile, "not_after", c.current.Load().Leaf.NotAfter)
	c.warn()
}

func (c *certificate) warn() {
	leaf := c.current.Load().Leaf
	if end := leaf.NotAfter; time.Until(end) < min(soon, end.Sub(leaf.NotBefore)/3) {
		c.log.Warn("the certificate ends soon, or has: renew it", "file", c.certFile, "not_after", end)
	}
}

// authorities reads the certificates of those who sign phones' certificates. One
// whose key others may have worked out, as of snom's first generation with its
// 1024 bits, is left out.
func authorities(file string, log *slog.Logger) (*x509.CertPool, error) {
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--phone-ca %s: %s", file, reason(err))
	}
	pool := x509.NewCertPool()
	n := 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" {
			err = errors.New("a block of " + block.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("--phone-ca %s: expected certificates in PEM and nothing else: %w", file, err)
		}
		n++
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < minBits {
			log.Warn("an authority proves no phone: its key is too short", "file", file, "name", c.Subject.CommonName, "bits", key.N.BitLen())
			continue
		}
		pool.AddCert(c)
	}
	if n == 0 {
		return nil, fmt.Errorf("--phone-ca %s: expected certificates in PEM, and there is none", file)
	}
	return pool, nil
}
