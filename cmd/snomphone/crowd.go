package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot"
)

// crowd returns the i-th phone of a storm as a function, and their number.
func (s *storm) crowd() (phones func(int) boot.Phone, n int, err error) {
	n = s.Phones
	var macs macaddr.Range
	if s.MACs != "" {
		if macs, err = macaddr.ParseShortRange(s.MACs); err != nil {
			return nil, 0, fmt.Errorf("--macs %q: %w", s.MACs, err)
		}
		for _, r := range macaddr.ModelRanges() {
			if r.First.Model() == boot.ModelM3 && macs.First.Compare(r.Last) <= 0 && r.First.Compare(macs.Last) <= 0 {
				return nil, 0, fmt.Errorf("--macs %q contains MACs of the M3 (%v), which is not simulated: it reads a settings format of its own", s.MACs, r)
			}
		}
		if n == 0 {
			n = macs.Len()
		}
	} else if n == 0 {
		n = 1000
	}
	if n < 1 || n > maxPhones {
		return nil, 0, fmt.Errorf("--phones %d: expected a number from 1 to %d", n, maxPhones)
	}
	if s.Rate < 0 {
		return nil, 0, errors.New("--rate: expected phones per second, or 0")
	}
	ranges := []macaddr.Range{macs}
	if s.MACs == "" {
		ranges = slices.DeleteFunc(macaddr.ModelRanges(), func(r macaddr.Range) bool { return r.First.Model() == boot.ModelM3 })
	}
	return func(i int) boot.Phone {
		r, k := ranges[i%len(ranges)], i/len(ranges)
		return crowdPhone(r.At(k%r.Len()), k)
	}, n, nil
}

// crowdPhone returns a phone with the k-th of the firmwares seen on its model,
// starting over after the last.
func crowdPhone(mac macaddr.Addr, k int) boot.Phone {
	model := cmp.Or(mac.Model(), "snom360")
	seen := boot.Firmwares(model)
	firmware := seen[k%len(seen)]
	return boot.Phone{MAC: mac, Model: model, Firmware: firmware, UserAgent: boot.UserAgentOf(model, firmware, mac)}
}
