package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// profileTime is how long the service is profiled.
const profileTime = 30 * time.Second

// profile writes a CPU profile of the service to a file, for the compiler. The service
// answers phones as fast as it can, while an operator lists them and registers more.
func (b *bench) profile(file string) error {
	s, err := b.newService("profile")
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	registered := 100_000
	if _, err := s.register(0, registered); err != nil {
		return err
	}
	t, err := newTarget("snomredirect", s.addresses.HTTP, false, s.process)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	var load errgroup.Group
	repeat := func(pause time.Duration, f func() error) {
		load.Go(func() error {
			for {
				select {
				case <-done:
					return nil
				case <-time.After(pause):
					if err := f(); err != nil {
						return err
					}
				}
			}
		})
	}
	p := phones{registered: registered}
	repeat(0, func() error { return t.boots(&p, 1000) })
	repeat(2*time.Second, func() error { return s.run(nil, io.Discard, "list") })
	repeat(time.Second, func() error {
		registered += 10_000
		_, err := s.register(registered-10_000, registered)
		return err
	})
	err = download(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.addresses.Metrics, int(profileTime.Seconds())), file)
	close(done)
	return errors.Join(err, load.Wait())
}

func download(url, file string) error {
	reply, err := http.Get(url)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, reply.Status)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, reply.Body)
	return errors.Join(err, f.Close())
}
