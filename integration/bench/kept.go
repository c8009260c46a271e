package main

// kept measures a request on a connection that stays open.
func (b *bench) kept() error {
	const registered = 100_000
	// The limit is on, but these few addresses make more requests than sites do.
	s, err := b.newService("kept", "--scan-limit", "1000000")
	if err != nil {
		return err
	}
	defer s.stop()
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
	p := &phones{registered: registered}
	own, theirs, err := b.alternate(
		func() (float64, error) { return ours.cost(ours.kept, p, b.requests) },
		func() (float64, error) { return constant.cost(constant.kept, p, b.requests) },
	)
	if err == nil {
		b.table.addRatio("CPU a request, connections kept", "net/http with a constant reply", own, theirs, "µs", "≤ 1.3")
	}
	return err
}

// alternate measures the service and its rival by turns. The first round warms up.
func (b *bench) alternate(ours, theirs func() (float64, error)) (own, others sample, err error) {
	for round := range b.rounds + 1 {
		one, err := ours()
		if err != nil {
			return nil, nil, err
		}
		other, err := theirs()
		if err != nil {
			return nil, nil, err
		}
		if round > 0 {
			own, others = append(own, one), append(others, other)
		}
	}
	return own, others, nil
}
