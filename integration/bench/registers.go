package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"
)

// registerTime is how long sessions register in a round.
const registerTime = 3 * time.Second

// registers measures how many single REGISTERs are durable in a second: from 64 sessions,
// and from one.
func (b *bench) registers() error {
	s, err := b.newService("registers")
	if err != nil {
		return err
	}
	defer s.stop()
	const sessions = 64
	var clients []*ssh.Client
	for range 8 { // eight sessions each
		c, err := s.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		clients = append(clients, c)
	}
	var number atomic.Int64
	rate := func(n int) (float64, error) {
		var group errgroup.Group
		begun, before := time.Now(), number.Load()
		for i := range n {
			group.Go(func() error { return registerOne(clients[i%len(clients)], &number, begun) })
		}
		err := group.Wait()
		return float64(number.Load()-before) / time.Since(begun).Seconds(), err
	}
	many, one, err := b.alternate(func() (float64, error) { return rate(sessions) }, func() (float64, error) { return rate(1) })
	if err == nil {
		b.table.addRatio("single durable REGISTERs, 64 sessions", "one session", many, one, "a second", "≥ 8")
	}
	return err
}

// registerOne registers phones in one session, a line each, and waits for each answer.
func registerOne(c *ssh.Client, number *atomic.Int64, begun time.Time) error {
	session, err := c.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	input, err := session.StdinPipe()
	if err != nil {
		return err
	}
	output, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	if err := session.Shell(); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	for time.Since(begun) < registerTime {
		if _, err := fmt.Fprintf(input, "register 000413%06X %s --account acme\n", mac(int(number.Add(1))), settingServer); err != nil {
			return err
		}
		n, err := output.Read(answer)
		if err != nil {
			return err
		}
		for answer[n-1] != '\n' {
			more, err := output.Read(answer[n:])
			if err != nil {
				return err
			}
			n += more
		}
	}
	input.Close()
	return session.Wait()
}
