package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"
)

// nodesRegister measures single REGISTERs on two nodes.
func (c *clustered) nodesRegister() error {
	if err := c.startNode(c.first, c.etcd); err != nil {
		return err
	}
	defer c.first.stop()
	admin, err := c.first.sessions(64, "admin")
	if err != nil {
		return err
	}
	defer admin.close()
	if err = c.registerAlone(admin.consoles[0]); err == nil {
		err = c.registerTogether(admin.consoles)
	}
	if err != nil {
		return err
	}
	// The second node starts late, because on the same disk its writes would delay those
	// of etcd. Its few clients request more unregistered phones than sites do.
	second, err := c.newNode("second-node", c.single)
	if err != nil {
		return err
	}
	if err := c.apart.startNode(second, c.etcd, "--scan-limit", "1000000"); err != nil {
		return err
	}
	defer second.stop()
	err = c.redirectedElsewhere(admin.consoles[0], second)
	if err = errors.Join(err, admin.close()); err != nil { // an account can't have more sessions
		return err
	}
	return c.registerBesideList(second)
}

// consoles are sessions at a prompt.
type consoles struct {
	clients  []*ssh.Client
	consoles []*console
	late     *time.Timer // which ends them all, because a prompt that refuses a line says so elsewhere
}

// sessions opens sessions, up to eight on each connection.
func (s *service) sessions(n int, account string) (*consoles, error) {
	all := &consoles{late: time.NewTimer(0)}
	for i := range n {
		if i%8 == 0 {
			client, err := s.dialAs(account)
			if err != nil {
				return nil, errors.Join(err, all.close())
			}
			all.clients = append(all.clients, client)
		}
		one, err := openConsole(all.clients[i/8])
		if err != nil {
			return nil, errors.Join(err, all.close())
		}
		all.consoles = append(all.consoles, one)
	}
	all.late = time.AfterFunc(patience, func() { _ = all.close() })
	return all, nil
}

func (c *consoles) close() (err error) {
	c.late.Stop()
	for _, client := range c.clients {
		err = errors.Join(err, client.Close())
	}
	return err
}

// registerOn registers the next phone, and returns how long that took.
func (c *clustered) registerOn(s *console, options string) (mac24 uint32, took time.Duration, err error) {
	mac24 = mac(int(c.number.Add(1)))
	clear(s.answer)
	begun := time.Now()
	if err := s.line("register 000413%06X %s%s", mac24, settingServer, options); err != nil {
		return mac24, 0, fmt.Errorf("REGISTER: %w", err)
	}
	took = time.Since(begun)
	if !bytes.Contains(s.answer, []byte(" registered")) {
		err = fmt.Errorf("REGISTER: %q", bytes.TrimRight(s.answer, "\x00"))
	}
	return mac24, took, err
}

// registerAlone compares single REGISTERs with what they can't do without.
func (c *clustered) registerAlone(one *console) error {
	const each = 200
	own, swaps, err := c.alternate(func() (float64, error) {
		var all []time.Duration
		for range each {
			_, took, err := c.registerOn(one, " --account acme")
			if err != nil {
				return 0, err
			}
			all = append(all, took)
		}
		return within(all, 50), nil
	}, func() (float64, error) { return c.etcd.swaps(c.ctx, each) })
	if err == nil {
		c.table.addRatio("a REGISTER on a node, one after the other, half of them within", "a compare-and-swap in the same etcd", own, swaps, "ms", "≤ 5")
	}
	return err
}

// registerTogether compares how many REGISTERs all sessions get in a second with how many
// one gets.
func (c *clustered) registerTogether(all []*console) error {
	rate := func(sessions []*console) (float64, error) {
		var group errgroup.Group
		begun, before := time.Now(), c.number.Load()
		for _, one := range sessions {
			group.Go(func() error {
				for time.Since(begun) < registerTime {
					if _, _, err := c.registerOn(one, " --account acme"); err != nil {
						return err
					}
				}
				return nil
			})
		}
		err := group.Wait()
		return float64(c.number.Load()-before) / time.Since(begun).Seconds(), err
	}
	many, one, err := c.alternate(func() (float64, error) { return rate(all) }, func() (float64, error) { return rate(all[:1]) })
	if err == nil {
		c.table.addRatio(fmt.Sprintf("REGISTERs on a node, %d sessions", len(all)), "one session", many, one, "a second", "≥ 10")
	}
	return err
}

// redirectedElsewhere measures how long after a REGISTER on one node another one redirects
// the phone.
func (c *clustered) redirectedElsewhere(one *console, other *service) error {
	const each = 200
	var half, most sample
	for range c.rounds {
		var all []time.Duration
		for range each {
			mac24, _, err := c.registerOn(one, " --account acme")
			begun := time.Now()
			for redirected := false; err == nil && !redirected; {
				if time.Since(begun) > patience {
					return errors.New("the other node does not redirect the phone")
				}
				// Without a pause, requests would take the core from the node's writes.
				if redirected, err = other.redirects(mac24); !redirected {
					time.Sleep(200 * time.Microsecond)
				}
			}
			if err != nil {
				return err
			}
			all = append(all, time.Since(begun))
		}
		half, most = append(half, within(all, 50)*1000), append(most, within(all, 99)*1000)
	}
	c.table.addValue("from a REGISTER's answer until another node has redirected the phone, half of them within", "", half, "µs", "")
	c.table.addValue("the same, 99 of 100 within", "", most, "µs", "")
	return nil
}

// redirects requests a phone's settings, and reports whether they have its setting server.
func (s *service) redirects(mac24 uint32) (bool, error) {
	r, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://%s/snom360/snom360.php?mac=000413%06X", s.addresses.HTTP, mac24), nil)
	if err != nil {
		return false, err
	}
	r.Header.Set("User-Agent", "Mozilla/4.0 (compatible; snom360-SIP 8.7.5.35 1.1.3-u)")
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return false, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %q", reply.Status, text)
	}
	return bytes.Contains(text, []byte(settingServer)), err
}

// registerBesideList measures how long a partner waits for a REGISTER while a list of
// another one is registered, by turns on the same node and on another one.
func (c *clustered) registerBesideList(second *service) error {
	const list, each = 300_000, 10
	nodes := []*service{c.first, second}
	if err := errors.Join(c.first.run(nil, nil, "account add other "+settingServer), c.first.run(c.first.publicKey(), nil, "account key other add -")); err != nil {
		return err
	}
	waits := make([]sample, len(nodes))
	begin := int(c.number.Add(list)) - list + 1
	listed := make(chan error, 1)
	go func() {
		_, err := c.first.register(begin, begin+list)
		listed <- err
	}()
	var others []*console
	for _, s := range nodes {
		all, err := s.sessions(1, "other")
		if err != nil {
			return err
		}
		defer all.close()
		others = append(others, all.consoles[0])
	}
	for {
		for i, one := range others {
			var all []time.Duration
			for range each {
				_, took, err := c.registerOn(one, "")
				if err != nil {
					return err
				}
				all = append(all, took)
			}
			select {
			case err := <-listed:
				if err == nil && len(waits[1]) == 0 {
					err = errors.New("the list was registered too fast to measure anything beside it")
				}
				for i, where := range []string{"on the same node", "on another node"} {
					if err == nil {
						c.table.addValue("a partner's REGISTER "+where+" while another one's list of 300,000 is registered, half of them within", "", waits[i], "ms", "≤ 50")
					}
				}
				return err
			default:
			}
			waits[i] = append(waits[i], within(all, 50))
		}
	}
}

// within returns within how many milliseconds that many of 100 were done.
func within(took []time.Duration, percent int) (ms float64) {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[len(sorted)*percent/100].Seconds() * 1000
}
