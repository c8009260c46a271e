package main

import (
	"fmt"
	"io"
	"net/http"

	"golang.org/x/crypto/ssh"
)

// sessions measures the memory that an idle session takes, a thousand of them.
func (b *bench) sessions() error {
	const accounts, each = 20, 50 // an account can have 64
	s, err := b.newService("sessions")
	if err != nil {
		return err
	}
	defer s.stop()
	for i := range accounts {
		for _, command := range []string{"account add operator%d", "account role operator%d operator"} {
			if err := s.run(nil, nil, fmt.Sprintf(command, i)); err != nil {
				return err
			}
		}
		if err := s.run(s.publicKey(), nil, fmt.Sprintf("account key operator%d add -", i)); err != nil {
			return err
		}
	}
	var kib sample
	for range b.rounds {
		before, err := s.inUse()
		if err != nil {
			return err
		}
		var open []*ssh.Client
		for i := range accounts * each {
			c, err := s.idle(fmt.Sprintf("operator%d", i%accounts))
			if err != nil {
				return err
			}
			open = append(open, c)
		}
		after, err := s.inUse()
		if err != nil {
			return err
		}
		kib = append(kib, (after-before)/1024/accounts/each)
		for _, c := range open {
			c.Close()
		}
	}
	b.table.addValue("memory of an idle session, 1,000 of them", "", kib, "KB", "≤ 80")
	return nil
}

// idle opens a session with a terminal at which nothing is typed.
func (s *service) idle(name string) (*ssh.Client, error) {
	c, err := s.dialAs(name)
	if err != nil {
		return nil, err
	}
	session, err := c.NewSession()
	if err != nil {
		return nil, err
	}
	if err := session.RequestPty("xterm", 24, 80, nil); err != nil {
		return nil, err
	}
	if _, err := session.StdinPipe(); err != nil { // which stays open
		return nil, err
	}
	output, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := session.Shell(); err != nil {
		return nil, err
	}
	_, err = output.Read(make([]byte, 1)) // the welcome: the session has begun
	return c, err
}

// inUse returns the bytes of the heap and of stacks that are in use, after the garbage
// was collected.
func (s *service) inUse() (bytes float64, err error) {
	reply, err := http.Get("http://" + s.addresses.Metrics + "/debug/pprof/heap?gc=1")
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, reply.Body)
	reply.Body.Close()
	for _, name := range []string{"go_memstats_heap_inuse_bytes", "go_memstats_stack_inuse_bytes"} {
		n, nextErr := s.metric(name)
		if nextErr != nil {
			return 0, nextErr
		}
		bytes += n
	}
	return bytes, err
}
