package redirect

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
)

type agentLine struct{ model, firmware, mac, agent string }

// agents returns the User-Agents of real phones.
func agents(t testing.TB) []agentLine {
	t.Helper()
	text, err := os.ReadFile("testdata/user-agents.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var lines []agentLine
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 {
			t.Fatalf("line %q: expected 4 fields", line)
		}
		lines = append(lines, agentLine{f[0], f[1], f[2], f[3]})
	}
	if len(lines) < 10 {
		t.Fatalf("only %d lines", len(lines))
	}
	return lines
}

// formatOf is the format for each firmware in the table, by the rule of the slides.
var formatOf = map[string]settings.Format{
	"6.5.2": settings.Plain, "6.5.20": settings.Plain, "7.1.2": settings.Plain,
	"7.3.14": settings.XML, "8.4.18": settings.XML, "8.4.35": settings.XML, "8.7.5.35": settings.XML,
	"10.1.33.33": settings.XML, "10.1.169.16": settings.XML,
	"9.1.43": settings.Container,
}

func TestRealUserAgents(t *testing.T) {
	for _, l := range agents(t) {
		ua := parseUserAgent(l.agent)
		if ua.Model != l.model || ua.Firmware != l.firmware || ua.MAC.IsValid() != (l.mac != "") || l.mac != "" && ua.MAC != macaddr.MustParse(l.mac) {
			t.Errorf("%s\nparsed as %+v", l.agent, ua)
		}
		want, ok := formatOf[l.firmware]
		if !ok {
			t.Errorf("formatOf lacks firmware %s", l.firmware)
		}
		for _, model := range []string{l.model, strings.ToUpper(l.model), "snom3x0"} {
			if got := (request{model: model, agent: ua}).format(); got != want {
				t.Errorf("%s\nrequesting as %s gets %v, want %v", l.agent, model, got, want)
			}
		}
	}
}

func TestUserAgent(t *testing.T) {
	for s, want := range map[string]userAgent{
		"":                                  {},
		"curl/8.5.0":                        {},
		"snom":                              {},
		"snom360-SIP":                       {Model: "snom360", Desk: true},
		"SNOM360-sip 8":                     {Model: "SNOM360", Desk: true},
		"snomD717/10.1.54.13":               {Model: "snomD717", Firmware: "10.1.54.13", Desk: true},
		"Snom M900 05.20.0001 000413b60001": {Model: "snomM900", Firmware: "05.20.0001", MAC: macaddr.MustParse("000413B60001")},
		"snom m9 9.1.43":                    {Model: "snomm9", Firmware: "9.1.43"},
		"snomM700-SIP 05.20":                {Model: "snomM700", Firmware: "05.20"},
		"snomMP-SIP 8.4.35":                 {Model: "snomMP", Firmware: "8.4.35", Desk: true},
		"Mozilla/4.0 (compatible; OEM300-SIP 7.3.7)":                {Model: "OEM300", Firmware: "7.3.7", Desk: true},
		"Mozilla/4.0 (compatible; snom720 8.9.3.80)":                {Model: "snom720", Firmware: "8.9.3.80", Desk: true},
		"compatible; snomD785 10.1.33.33 000413922D24":              {Model: "snomD785", Firmware: "10.1.33.33", MAC: macaddr.MustParse("000413922D24"), Desk: true},
		"compatible; snomMP 8.4.35":                                 {Model: "snomMP", Firmware: "8.4.35", Desk: true},
		"snom720 8.9.3.80; snom360-SIP 7.3.14":                      {Model: "snom720", Firmware: "8.9.3.80", Desk: true},
		"snomM900 05.20.0001":                                       {Model: "snomM900", Firmware: "05.20.0001"},
		"snomm9 9.1.43":                                             {Model: "snomm9", Firmware: "9.1.43"},
		"snom720 linux 3.38":                                        {}, // a bare word may be anything
		"snomtool; snom360-SIP 7.3.14":                              {Model: "snom360", Firmware: "7.3.14", Desk: true},
		"snom360-SIP beta 7.3.14":                                   {Model: "snom360", Desk: true},
		"snom360-SIP 7.x.1":                                         {Model: "snom360", Desk: true},
		"snom36é-SIP 7.3.14":                                        {},
		"snom360-SIP 7.3.14 000000000000 000413000001 000413000002": {Model: "snom360", Firmware: "7.3.14", MAC: macaddr.MustParse("000413000001"), Desk: true},
	} {
		if got := parseUserAgent(s); got != want {
			t.Errorf("%q parsed as %+v, want %+v", s, got, want)
		}
	}
}

func TestReadsXML(t *testing.T) {
	for firmware, want := range map[string]bool{
		"": false, "7": false, "6.5.20": false, "6.99.99": false, "7.0.99": false, "7.1.7": false, "7.1": false, "7.1.7.99": false,
		"7.1.8": true, "7.1.10": true, "7.2": true, "7.3.14": true, "8.0": true, "10.1.33.33": true,
		"7.1.8-beta": false, "8.": false, ".8": false, "8..1": false, "+8.1": false, "99999999999.1": false, "8.1.1.1.1.1.1": false,
	} {
		if got := readsXML(firmware); got != want {
			t.Errorf("firmware %q reads XML: %v, want %v", firmware, got, want)
		}
	}
}

func FuzzParseUserAgent(f *testing.F) {
	for _, l := range agents(f) {
		f.Add(l.agent)
	}
	f.Add("Snom M900 05.20.0001 000413B60001")
	f.Add("snomD717/10.1.54.13")
	f.Fuzz(func(t *testing.T, s string) {
		ua := parseUserAgent(s)
		if ua.Model != "" && !isModel(ua.Model) || ua.Firmware != "" && (!isVersion(ua.Firmware) || !utf8.ValidString(ua.Firmware)) {
			t.Fatalf("%q parsed as %+v", s, ua)
		}
		if ua.Model == "" && (ua.Firmware != "" || ua.Desk) {
			t.Fatalf("%q parsed as %+v, without a model", s, ua)
		}
		// The result, written in the usual form, parses as the same.
		if ua.Desk && ua.Firmware != "" {
			if again := parseUserAgent(ua.Model + "-SIP " + ua.Firmware); again.Model != ua.Model || again.Firmware != ua.Firmware || !again.Desk {
				t.Fatalf("%q parsed as %+v, then as %+v", s, ua, again)
			}
		}
	})
}
