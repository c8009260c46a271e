package main

import (
	"bytes"
	"fmt"
	"net"
	"time"
)

// pnpPhones is how many phones a round of Plug & Play has: the service bounds how many
// SUBSCRIBEs it answers, so they come at a steady rate.
const pnpPhones = besideRate * 8

// pnp measures what a phone costs over SIP Plug & Play, from its SUBSCRIBE to its
// confirmation of the NOTIFY, beside a boot over HTTP at the same rate.
func (b *bench) pnp() error {
	const registered = 100_000
	s, err := b.newService("pnp", "--pnp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.stop()
	if _, err := s.register(0, registered); err != nil {
		return err
	}
	http, err := newTarget("snomredirect", s.addresses.HTTP, true, s.process)
	if err != nil {
		return err
	}
	sip, err := newTarget("snomredirect over Plug & Play", s.addresses.PnP, true, s.process)
	if err != nil {
		return err
	}
	p := &phones{registered: registered}
	own, theirs, err := b.alternate(
		func() (float64, error) { return sip.cost(sip.subscriptions, p, pnpPhones) },
		func() (float64, error) { return http.cost(http.steadyBoots, p, pnpPhones) },
	)
	if err == nil {
		b.table.addRatio("CPU a phone over Plug & Play: SUBSCRIBE, answer, NOTIFY and its confirmation", "a boot over HTTP, both at 500 a second", own, theirs, "µs", "")
	}
	return err
}

// steadyBoots makes requests of n phones like [target.boots], at a steady rate.
func (t *target) steadyBoots(p *phones, n int) error {
	return steadily(n, func() error {
		turn := p.turn
		number, registered := p.next()
		return t.bootOne(turn, number, registered)
	})
}

// subscriptions sends SUBSCRIBEs of n registered phones at a steady rate: the service
// sends nothing to others.
func (t *target) subscriptions(p *phones, n int) error {
	return steadily(n, func() error {
		number, _ := p.next()
		p.next() // which is not registered
		return t.subscribe(p.turn/2, number)
	})
}

// steadily calls f n times, at a steady rate.
func steadily(n int, f func() error) error {
	tick := time.NewTicker(time.Second / besideRate)
	defer tick.Stop()
	for range n {
		<-tick.C
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// subscription is what a desk phone sends, and confirmation its response to the NOTIFY.
const (
	subscription = "SUBSCRIBE sip:MAC%%3a000413%06[1]X@VON SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;rport\r\nFrom: <sip:MAC%%3a000413%06[1]X@VON>;tag=658512961\r\nTo: <sip:MAC%%3a000413%06[1]X@VON>\r\nCall-ID: %[3]s\r\nCSeq: 1 SUBSCRIBE\r\nEvent: ua-profile;profile-type=\"device\";vendor=\"snom\";model=\"snom360\";version=\"8.7.5.35\"\r\nExpires: 0\r\nAccept: application/url\r\nContact: <sip:%[2]s>\r\nContent-Length: 0\r\n\r\n"
	confirmation = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK\r\nCall-ID: %s\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n"
)

// subscribe sends the SUBSCRIBE of one phone, waits for both answers and confirms the
// second.
func (t *target) subscribe(turn int, number uint32) error {
	c, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(siteOf(turn)), net.UDPAddrFromAddrPort(t.address))
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	own, callID := c.LocalAddr().String(), fmt.Sprintf("%d@%s", turn, c.LocalAddr())
	if _, err := fmt.Fprintf(c, subscription, number, own, callID); err != nil {
		return err
	}
	buffer := make([]byte, 4096)
	for _, want := range []string{"SIP/2.0 200 ", "NOTIFY "} {
		n, err := c.Read(buffer)
		if err != nil {
			return fmt.Errorf("%s: waiting for %q: %w", t.name, want, err)
		}
		if !bytes.HasPrefix(buffer[:n], []byte(want)) {
			return fmt.Errorf("%s: expected %q, got %q", t.name, want, buffer[:n])
		}
		if want == "NOTIFY " && !bytes.HasSuffix(buffer[:n], []byte(settingServer)) {
			return fmt.Errorf("%s: no setting server in %q", t.name, buffer[:n])
		}
	}
	_, err = fmt.Fprintf(c, confirmation, t.address, callID)
	return err
}
