package main

import (
	"fmt"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot"
)

// newPhone returns the phone that the flags describe. If a flag is empty, the value
// is that of a real phone with this MAC. The errors are about the flags.
func newPhone(mac, model, firmware, userAgent string) (p boot.Phone, err error) {
	if p.MAC, err = macaddr.ParseShort(mac); err != nil {
		return p, fmt.Errorf("--mac %q: %w", mac, err)
	}
	if p.Model = p.MAC.Model(); model != "" {
		if p.Model, err = boot.ParseModel(model); err != nil {
			return p, fmt.Errorf("--model %q: %w", model, err)
		}
	}
	if p.Model == boot.ModelM3 {
		return p, fmt.Errorf("the M3 (--mac %v) is not simulated: it reads a settings format of its own; set another --model", p.MAC)
	}
	if p.Model == "" {
		return p, fmt.Errorf("--mac %v: not in a known range of snom phones: set the model too, such as --model snom360", p.MAC)
	}
	if p.Firmware = firmware; firmware == "" {
		seen := boot.Firmwares(p.Model)
		p.Firmware = seen[len(seen)-1]
	}
	if boot.VersionNumbers(p.Firmware) == nil {
		return p, fmt.Errorf("--firmware %q: expected numbers separated by dots, such as 8.7.5.35", firmware)
	}
	if p.UserAgent = userAgent; userAgent == "" {
		p.UserAgent = boot.UserAgentOf(p.Model, p.Firmware, p.MAC)
	}
	return p, nil
}
