package shell

import (
	"fmt"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestListsAndCounts(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 000413230001 000413230002", "(?s).*")
	h.says("acme", "register 000413230003 http://own.example/", ".*\n")
	h.says("bravo", "register 000413230004 http://own.example/", ".*\n")
	for _, c := range []struct {
		as   store.Name
		what string
		want []string
	}{
		{"acme", "", []string{"0004132202E4", "000413230001", "000413230002", "000413230003"}},
		{"acme", "snom360", []string{"000413230001", "000413230002", "000413230003"}},
		{"acme", "360", []string{"000413230001", "000413230002", "000413230003"}},
		{"acme", "SNOM190 --server " + serverA, []string{"0004132202E4"}},
		{"acme", "--server http://own.example/", []string{"000413230003"}},
		{"acme", "--server http://own.example", nil},
		{"olga", "360", []string{"000413230001", "000413230002", "000413230003", "000413230004"}},
		{"olga", "--server http://own.example/", []string{"000413230003", "000413230004"}},
		{"olga", "--account bravo", []string{"000413230004"}},
		{"olga", "--account bare", nil},
		{"olga", "--account acme snom190", []string{"0004132202E4"}},
	} {
		want := ""
		for _, mac := range c.want {
			want += mac + "\n"
		}
		h.says(c.as, "list "+c.what, want)
		h.says(c.as, "count "+c.what, fmt.Sprintf("%d\n", len(c.want)))
	}
	h.says("olga", "export --account bravo", "000413230004,http://own.example/\n")
	for line, want := range map[string]string{
		"list nonsense":          `"nonsense": expected a model such as snom360`,
		"count --server ''":      `"": expected a URL`,
		"list --server":          "flag needs an argument",
		"list --server nonsense": `"nonsense": expected a URL`,
	} {
		h.refuses("acme", line, StatusMisunderstood, want)
	}
	for _, line := range []string{"list --account bravo", "count --account bravo", "export --account bravo", "history --account bravo", "register - --account bravo"} {
		h.refuses("acme", line, StatusRefused, "for operators")
	}
	h.refuses("olga", "list --account nobody", StatusRefused, `There is no account "nobody"`)
}

// A model is one of the table, with or without a range, or an older name of a range.
// A phone in no known range has the model that it last reported.
func TestListsModels(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 000413430001 000413790001 000413791001 000413A00001 000413A30001 000413910001 000413FF0001 000413FF0002", "(?s).*")
	h.contacts.record(store.Contact{MAC: macaddr.MustParse("000413FF0001"), Model: "snomD865"})
	h.contacts.record(store.Contact{MAC: macaddr.MustParse("000413A00001"), Model: "snomD865"}) // contradicts its range
	for model, want := range map[string]string{
		"snomD865": "000413FF0001\n", "d865": "000413FF0001\n", "snomC520": "000413A00001\n", "snomD895M": "", "m400sc": "",
		"snom870E": "000413430001\n", "snom870": "000413430001\n",
		"snomD745": "000413790001\n000413791001\n", "snomD765": "000413790001\n",
		"snomD375": "000413910001\n000413A30001\n", "snomD735": "000413A30001\n",
	} {
		h.says("acme", "list "+model, want)
		h.says("acme", "count "+model, fmt.Sprintf("%d\n", strings.Count(want, "\n")))
	}
	h.refuses("acme", "list snomD8650", StatusMisunderstood, `"snomD8650": expected a model such as snom360`)
}

func TestListIsAsWideAsTheTerminal(t *testing.T) {
	h := newHouse(t)
	var macs []string
	for i := range 7 {
		mac := fmt.Sprintf("0004132200%02X", i)
		macs = append(macs, mac)
	}
	h.says("acme", "register "+strings.Join(macs, " "), "(?s).*7 phones: 7 registered.\n")
	for width, perLine := range map[int]int{0: 1, 1: 1, 12: 1, 24: 1, 25: 2, 37: 2, 38: 3, 80: 6, 1000: 7} {
		var want strings.Builder
		for i, mac := range macs {
			want.WriteString(mac)
			if (i+1)%perLine == 0 || i == len(macs)-1 {
				want.WriteByte('\n')
			} else {
				want.WriteByte(' ')
			}
		}
		if out, _, status := h.at("acme", width, "list", ""); out != want.String() || status != StatusDone {
			t.Errorf("width %d: status %d\n%s", width, status, out)
		}
	}
}

// A list of several pages contains each phone once, in order.
func TestListOfManyPages(t *testing.T) {
	h := newHouse(t)
	h.registry = manyPhones{Registry: h.registry, n: 2*pageSize + 1}
	out, _, _ := h.at("acme", 0, "list", "")
	lines := strings.Fields(out)
	if len(lines) != 2*pageSize+1 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		if want := fmt.Sprintf("000413%06X", i); line != want {
			t.Fatalf("line %d is %s, want %s", i, line, want)
		}
	}
}

// LIST and EXPORT show only phones that still belong to the account when they are
// written.
func TestListOfARemovedAccount(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	whole := h.registry
	h.registry = pageThen{whole, func() {
		h.registry = whole
		h.says("olga", "account remove acme --transfer-to bravo", ".*\n")
		h.says("bravo", "deregister 2e5", ".*\n")
	}}
	h.says("olga", "export --account acme", "")
}
