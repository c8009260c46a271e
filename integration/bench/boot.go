package main

// boot measures what a boot costs: a connection of its own, half of the phones
// registered, with contacts, metrics and limits as they are by default. The contacts of
// a round are written after it, which is a row of its own.
func (b *bench) boot() error {
	const registered = 1_000_000
	s, err := b.newService("boot")
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	if _, err := s.register(0, registered); err != nil {
		return err
	}
	ours, err := newTarget("snomredirect", s.addresses.HTTP, true, s.process)
	if err != nil {
		return err
	}
	constant, err := b.startConstant("", "")
	if err != nil {
		return err
	}
	defer constant.process.stop()
	rivals := []rival{{constant, nil, "net/http with a constant reply", "≤ 0.90", 1}}

	nginx, ok := b.installed("nginx", "nginx")
	if ok {
		t, err := b.startMap(nginx, registered)
		if err != nil {
			return err
		}
		defer t.process.stop()
		rivals = append(rivals, rival{t, nil, "nginx with a map of 1 M", "≤ 1.5", 1})
	}
	fpm, hasPHP := b.installed("php-fpm*", "php-fpm and php-sqlite3")
	sqlite, hasSQLite := b.installed("sqlite3", "sqlite3")
	if ok && hasPHP && hasSQLite {
		t, php, err := b.startPHP(nginx, fpm, sqlite, registered)
		if php != nil {
			defer php.stop()
		}
		if err != nil {
			return err
		}
		defer t.process.stop()
		rivals = append(rivals, rival{t, php, "PHP-FPM with SQLite behind nginx", "≤ 0.2", 4})
	}

	var own, flush sample
	theirs := make([]sample, len(rivals))
	p := &phones{registered: registered}
	for round := range b.rounds + 1 { // the first warms up
		if err := s.written(); err != nil {
			return err
		}
		us, err := ours.cost(ours.boots, p, b.requests)
		if err != nil {
			return err
		}
		each, err := s.flushCost()
		if err != nil {
			return err
		}
		if round > 0 {
			own, flush = append(own, us), append(flush, each)
		}
		for i, r := range rivals {
			us, err := r.cost(p, b.requests)
			if err != nil {
				return err
			}
			if round > 0 {
				theirs[i] = append(theirs[i], us)
			}
		}
	}
	for i, r := range rivals {
		what := "the same"
		if i == 0 {
			what = "CPU a boot: a new connection, 1 M registered, random MACs, half of them registered"
		}
		b.table.addRatio(what, r.about, own, theirs[i], "µs", r.reach)
	}
	b.table.addValue("contacts of that, each, until they are on disk", "", flush, "µs", "≤ 20")
	return nil
}

// A rival is a target with what the table says of it.
type rival struct {
	*target
	behind       *process // whose CPU time counts too; nil if there is none
	about, reach string
	fewer        int // times fewer requests in a round
}

// cost returns the CPU time of a boot in microseconds.
func (r rival) cost(p *phones, n int) (float64, error) {
	n /= r.fewer
	if r.behind == nil {
		return r.target.cost(r.boots, p, n)
	}
	before, err := r.behind.cpu()
	if err != nil {
		return 0, err
	}
	us, err := r.target.cost(r.boots, p, n)
	if err != nil {
		return 0, err
	}
	after, err := r.behind.cpu()
	return us + float64((after-before).Microseconds())/float64(n), err
}

// flushCost waits until the contacts are written, and returns how long that took for
// each, in microseconds.
func (s *service) flushCost() (us float64, err error) {
	const seconds, phones = "snomredirect_contacts_flush_duration_seconds_sum", "snomredirect_contacts_flushed_total"
	var before, after [2]float64
	for i, name := range []string{seconds, phones} {
		if before[i], err = s.metric(name); err != nil {
			return 0, err
		}
	}
	if err := s.written(); err != nil {
		return 0, err
	}
	for i, name := range []string{seconds, phones} {
		if after[i], err = s.metric(name); err != nil {
			return 0, err
		}
	}
	return (after[0] - before[0]) * 1e6 / (after[1] - before[1]), nil
}
