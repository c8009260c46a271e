package main

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// Phones that boot while a list is registered.
const (
	besideRate = 500 // a second
	besideTime = 4 * time.Second
)

// beside measures how long 99 of 100 phones wait at most, while a million are being
// registered and in quiet.
func (b *bench) beside() error {
	const registered, more = 100_000, 1_000_000
	s, err := b.newService("beside")
	if err != nil {
		return err
	}
	defer s.stop()
	if _, err := s.register(0, registered); err != nil {
		return err
	}
	t, err := newTarget("snomredirect", s.addresses.HTTP, false, s.process)
	if err != nil {
		return err
	}
	p := &phones{registered: registered}
	var quiet, busy sample
	for round := range b.rounds {
		ms, err := t.waits(p)
		if err != nil {
			return err
		}
		quiet = append(quiet, ms)
		registering := make(chan error)
		go func() {
			_, err := s.register(registered+round*more, registered+(round+1)*more)
			registering <- err
		}()
		time.Sleep(time.Second)
		ms, err = t.waits(p)
		if err := errors.Join(err, <-registering); err != nil {
			return err
		}
		busy = append(busy, ms)
	}
	b.table.addRatio("99 of 100 boots at 500 a second while 1 M are being registered, within", "itself in quiet", busy, quiet, "ms", "≤ 3")
	return nil
}

// waits boots phones at a steady rate and returns within how many milliseconds 99 of 100
// were answered.
func (t *target) waits(p *phones) (ms float64, err error) {
	var mu sync.Mutex
	var took []time.Duration
	var clients sync.WaitGroup
	tick := time.NewTicker(time.Second / besideRate)
	defer tick.Stop()
	for range int(besideTime.Seconds() * besideRate) {
		due := <-tick.C
		turn := p.turn
		number, registered := p.next()
		clients.Go(func() {
			one := t.bootOne(turn, number, registered)
			mu.Lock()
			defer mu.Unlock()
			err = errors.Join(err, one)
			took = append(took, time.Since(due))
		})
	}
	clients.Wait()
	slices.Sort(took)
	return took[len(took)*99/100].Seconds() * 1000, err
}
