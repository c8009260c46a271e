package main

import (
	"strings"
	"testing"

	"snomredirect/redirect/boot"
)

// Of a setting server's file and the phone's own, one may be missing. Files in a
// container have no counterpart.
func TestServerFile(t *testing.T) {
	for name, c := range map[string]struct {
		site site
		want string
	}{
		"both":    {site{"/x.htm": "a: 1\n", "/x-" + testMAC + ".htm": "a: 2\n"}, "a  -  2  (replaces that from 1)"},
		"general": {site{"/x.htm": "a: 1\n"}, "   404 Not Found"},
		"own":     {site{"/x-" + testMAC + ".htm": "a: 2\n"}, "   404 Not Found"},
	} {
		w := newWorld(t)
		w.serve("one.example", c.site)
		if got, err := w.boot(bootCommand{MAC: testMAC, URL: "http://one.example/x.htm"}); err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v, want %q in\n%s", name, err, c.want, got)
		}
	}
	w := newWorld(t)
	w.serve("one.example", site{"/" + testMAC: files("http://one.example/{phone_type}.xml"), "/snom360.xml": "a: 1\nfirmware_status: http://one.example/fw.xml\n", "/fw.xml": "firmware: x\n"})
	got, err := w.boot(bootCommand{MAC: testMAC, URL: "http://one.example/{mac}"})
	if err != nil || strings.Contains(got, "-"+testMAC) || strings.Contains(got, "404") {
		t.Errorf("%v\n%s", err, got)
	}
}

// The M3 is refused, because its settings files are in no format that snomphone reads.
func TestM3(t *testing.T) {
	for _, line := range []string{"--mac 0004132A0001", "--mac 2e4 --model M3", "--mac 2e4 --model snomm3", "storm --macs 00041329FFF0-0004132A0000 http://localhost", "storm --macs 0004132AFFFF-0004132B0000 http://localhost", "storm --macs 0004132A0010-0004132A0020 http://localhost"} {
		err := run(t.Context(), strings.Fields(line), output{discard{}, discard{}})
		if err == nil || !strings.Contains(err.Error(), "not simulated: it reads a settings format of its own") {
			t.Errorf("snomphone %s: %v", line, err)
		}
	}
	if _, err := newPhone("0004132A0001", "snom360", "", ""); err != nil {
		t.Error(err)
	}
	phones, _, err := (&storm{Phones: 1000}).crowd()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if p := phones(i); p.Model == boot.ModelM3 {
			t.Fatalf("phone %d is %+v", i, p)
		}
	}
}
