package main

import (
	"errors"
	"fmt"
	"io"
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
		var consoles []*console
		for i := range n {
			c, err := openConsole(clients[i%len(clients)])
			if err != nil {
				return 0, err
			}
			consoles = append(consoles, c)
		}
		var group errgroup.Group
		begun, before := time.Now(), number.Load()
		for _, c := range consoles {
			group.Go(func() error {
				for time.Since(begun) < registerTime {
					if err := c.line("register 000413%06X %s --account acme", mac(int(number.Add(1))), settingServer); err != nil {
						return err
					}
				}
				return nil
			})
		}
		err := group.Wait()
		perSecond := float64(number.Load()-before) / time.Since(begun).Seconds()
		for _, c := range consoles {
			err = errors.Join(err, c.close())
		}
		return perSecond, err
	}
	many, one, err := b.alternate(func() (float64, error) { return rate(sessions) }, func() (float64, error) { return rate(1) })
	if err == nil {
		b.table.addRatio("single durable REGISTERs, 64 sessions", "one session", many, one, "a second", "≥ 8")
	}
	return err
}

// A console is a session at a prompt without a terminal.
type console struct {
	session *ssh.Session
	input   io.WriteCloser
	output  io.Reader
	answer  []byte
}

func openConsole(client *ssh.Client) (*console, error) {
	session, err := client.NewSession()
	if err != nil {
		return nil, err
	}
	c := &console{session: session, answer: make([]byte, 4096)}
	if c.input, err = session.StdinPipe(); err == nil {
		c.output, err = session.StdoutPipe()
	}
	if err == nil {
		err = session.Shell()
	}
	return c, err
}

// line sends a line and waits for its answer, which is one line too.
func (c *console) line(format string, args ...any) error {
	if _, err := fmt.Fprintf(c.input, format+"\n", args...); err != nil {
		return err
	}
	for n := 0; n == 0 || c.answer[n-1] != '\n'; {
		more, err := c.output.Read(c.answer[n:])
		if err != nil {
			return err
		}
		n += more
	}
	return nil
}

func (c *console) close() error {
	c.input.Close()
	return c.session.Wait()
}
