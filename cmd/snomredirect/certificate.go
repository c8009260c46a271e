package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// certificateEvery is how often the files of a certificate are read. They are
// not watched: tools that renew certificates replace links, folders or mounts.
const certificateEvery = time.Second

// soon is how long before its end a certificate is warned of, once a day. If a
// third of its lifetime is less, that is used.
const soon = 7 * 24 * time.Hour

// A certificate is the service's own, read again from two PEM files when they
// change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]

	last  certificateFiles // as read last
	tried certificateFiles // as last given to use
}

// certificateFiles is the content of the two files, or why they can't be read.
type certificateFiles struct{ cert, key, problem string }

// newCertificate reads the files for the first time.
func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	c.last = c.read()
	c.tried = c.last
	if err := c.use(c.last); err != nil {
		return nil, err
	}
	c.warn()
	return c, nil
}

func (c *certificate) read() certificateFiles {
	cert, certErr := os.ReadFile(c.certFile)
	key, keyErr := os.ReadFile(c.keyFile)
	switch {
	case certErr != nil:
		return certificateFiles{problem: "--tls-cert " + c.certFile + ": " + reason(certErr)}
	case keyErr != nil:
		return certificateFiles{problem: "--tls-key " + c.keyFile + ": " + reason(keyErr)}
	}
	return certificateFiles{cert: string(cert), key: string(key)}
}

// reason returns the text of err without the file's name.
func reason(err error) string {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return err.Error()
}

// use makes further handshakes present the certificate in the files.
func (c *certificate) use(files certificateFiles) error {
	if files.problem != "" {
		return errors.New(files.problem)
	}
	pair, err := tls.X509KeyPair([]byte(files.cert), []byte(files.key))
	if err != nil {
		return fmt.Errorf("--tls-cert %s and --tls-key %s: expected a certificate in PEM, followed by its intermediates, and its key: %w", c.certFile, c.keyFile, err)
	}
	// X509KeyPair ignores a block without an end, as in a file cut off by a full
	// disk.
	if begun := strings.Count(files.cert, "-----BEGIN CERTIFICATE-----"); begun != len(pair.Certificate) {
		return fmt.Errorf("--tls-cert %s: only %d of %d certificates can be read: the file is cut off or damaged", c.certFile, len(pair.Certificate), begun)
	}
	c.current.Store(&pair)
	return nil
}

// get is a GetCertificate function for a [tls.Config].
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// watch calls reload and warn from time to time, through guard, until ctx ends.
func (c *certificate) watch(ctx context.Context, guard func(where string, f func()) (ok bool)) {
	reload, warn := time.NewTicker(certificateEvery), time.NewTicker(24*time.Hour)
	defer reload.Stop()
	defer warn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload.C:
			guard("certificate", c.reload)
		case <-warn.C:
			guard("certificate", c.warn)
		}
	}
}

// reload uses the files if they have changed and were the same at two reads in a
// row: a renewal writes two files, and may be half done. If the new files can't be
// used, the current certificate stays in use.
func (c *certificate) reload() {
	files := c.read()
	settled := files == c.last
	c.last = files
	if !settled || files == c.tried {
		return
	}
	c.tried = files
	if err := c.use(files); err != nil {
		c.log.Error("the certificate has changed and can't be used: the previous one stays in use", "error", err)
		return
	}
	c.log.Info("certificate renewed", "file", c.certFile, "not_after", c.current.Load().Leaf.NotAfter)
	c.warn()
}

// warn logs a certificate that is about to expire.
func (c *certificate) warn() {
	leaf := c.current.Load().Leaf
	if end := leaf.NotAfter; time.Until(end) < min(soon, end.Sub(leaf.NotBefore)/3) {
		c.log.Warn("the certificate expires soon or has expired: renew it", "file", c.certFile, "not_after", end)
	}
}
