//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The service ends even if reading its certificate hangs, as on a file system that
// is gone. Here the file is a pipe that nobody writes to.
func TestCertificateHangs(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "tls.pem"), filepath.Join(folder, "tls.key")
	cert, key := newPair(t, "one", time.Now().AddDate(1, 0, 0))
	write(t, certFile, cert)
	write(t, keyFile, key)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		s := &serve{Data: filepath.Join(folder, "data"), HTTPS: "127.0.0.1:0", TLSCert: certFile, TLSKey: keyFile, SSH: "127.0.0.1:0"}
		ended <- s.Run(ctx, output{io.Discard, io.Discard})
	}()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for swapped := false; ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(folder, "data", "contacts.db")); err == nil && !swapped {
			if err := os.Rename(pipe, certFile); err != nil { // the first read is done
				t.Fatal(err)
			}
			swapped = true
		}
		if !swapped {
			continue
		}
		// Opening succeeds once the service reads.
		w, err := os.OpenFile(certFile, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			defer w.Close()
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
