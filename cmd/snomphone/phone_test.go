package main

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot"
)

// User-Agents equal those seen from phones, except for tails of which several
// were seen.
func TestUserAgents(t *testing.T) {
	text, err := os.ReadFile("../../redirect/testdata/user-agents.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var equal, all int
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 4 {
			continue
		}
		model, firmware, seen := fields[0], fields[1], fields[3]
		mac, err := macaddr.Parse(fields[2])
		if err != nil {
			mac = macaddr.MustParse(testMAC)
		}
		got := boot.UserAgentOf(model, firmware, mac)
		all++
		if got == seen {
			equal++
		}
		if begins, _, _ := strings.Cut(seen, firmware); !strings.HasPrefix(got, begins+firmware) {
			t.Errorf("%s %s: %q, seen: %q", model, firmware, got, seen)
		}
		if !slices.Contains(boot.Firmwares(model), firmware) {
			t.Errorf("%s %s was seen, but firmwares has only %q", model, firmware, boot.Firmwares(model))
		}
	}
	if all < 10 || equal < all-2 {
		t.Errorf("%d of %d equal those seen", equal, all)
	}
	for want, p := range map[string][3]string{
		"Snom M900 05.20.0001 000413B60001": {"000413B60001"},
		"snomD717/10.1.54.13":               {"000413A60001"},
		"Mozilla/4.0 (compatible; snom370-SIP 8.7.5.48 1.1.3-u 0004132E08B4)":                                {"0004132E08B4", "", "8.7.5.48"},
		"Mozilla/4.0 (compatible; snom360-SIP 7.3.14 1.1.3-s)":                                               {"2e4", "360", "7.3.14"},
		"Mozilla/4.0 (compatible; snomD862-SIP 10.1.184.15 2010.12-00004-g9ba52f5 0004132202E4 SXM:0 UXM:0)": {"2e4", "snomD862", "10.1.184.15"},
	} {
		if got, err := newPhone(p[0], p[1], p[2], ""); err != nil || got.UserAgent != want {
			t.Errorf("%q: %q, %v; want %q", p, got.UserAgent, err, want)
		}
	}
}

// An error about the command line says what is expected.
func TestCommandLine(t *testing.T) {
	for line, want := range map[string]string{
		"":                              "--mac: expected the phone's MAC",
		"boot":                          "--mac: expected the phone's MAC",
		"--mac xyz":                     "--mac \"xyz\": expected twelve hex digits",
		"--mac 00135E874B49":            "set the model too",
		"--mac 2e4 --model Yealink":     "expected one such as snom360",
		"--mac 2e4 --model snom!":       "expected letters and digits",
		"--mac 2e4 --firmware new":      "expected numbers separated by dots",
		"--mac 2e4 localhost:8080":      "expected http, https or tftp",
		"--mac 2e4 http://":             "expected http, https or tftp",
		"--mac 2e4 http://x/ http://y/": "unexpected argument",
		"storm":                         "expected \"<url>\"",
		"storm --phones 0 --macs 2ff-2e0 http://localhost": "ends before it starts",
		"storm --phones=-1 http://localhost":               "--phones -1: expected a number from 1",
		"storm --rate=-1 http://localhost":                 "--rate: expected phones per second",
		"storm http://localhost/snom360.php":               "expected a URL without a path",
		"storm tftp://localhost":                           "expected http or https",
	} {
		err := run(t.Context(), strings.Fields(line), output{discard{}, discard{}})
		if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("snomphone %s: %v, want %q", line, err, want)
		}
	}
	for _, line := range []string{"--mac 2e4 ftp://localhost/", "storm ftp://localhost"} {
		err := run(t.Context(), strings.Fields(line), output{discard{}, discard{}})
		if !errors.Is(err, boot.ErrOtherScheme) || errors.Is(err, errUsage) {
			t.Errorf("snomphone %s: %v", line, err)
		}
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func FuzzPrintable(f *testing.F) {
	f.Add("S\u00f6hne \x1b[2J\u009b\u202e\xff\U000e0001")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range printable(s) {
			if !shows(c) {
				t.Fatalf("%q: %q", s, c)
			}
		}
		var line strings.Builder
		var again string
		if err := writeJSON(&line, s); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(line.String()), &again); err != nil || again != string([]rune(s)) {
			t.Fatalf("%q: %q, %v", s, again, err)
		}
	})
}
