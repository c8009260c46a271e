package check

import (
	"slices"
	"strings"
	"testing"
)

func TestSimilarName(t *testing.T) {
	for name, want := range map[string]string{
		"user_relname":                 "user_realname",
		"user_realnmae2":               "user_realname",
		"setting_sever":                "setting_server",
		"langauge":                     "language",
		"autoreboot_on_setting_change": "auto_reboot_on_setting_change",
		// Names that are right, or like no other.
		"user_pname": "", "user_pass3": "", "dns_server2": "", "codec_size": "", "fkey12": "", "mac": "", "dhc": "",
		strings.Repeat("a", 100): "",
	} {
		if got := (&Checker{}).similarName(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// No name in names.txt is taken for a slip, and each is there once.
func TestNames(t *testing.T) {
	all := slices.Sorted(slices.Values(names()))
	for i, name := range all {
		if i > 0 && all[i-1] == name {
			t.Errorf("%s is there twice", name)
		}
		if similar := (&Checker{}).similarName(name); similar != "" {
			t.Errorf("%s is taken for %s", name, similar)
		}
	}
	for name := range neverSet {
		if !slices.Contains(all, bare(name)) {
			t.Errorf("%s is not in names.txt", name)
		}
	}
}
