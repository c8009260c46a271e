package macaddr

import (
	"slices"
	"strings"
	"testing"
)

func TestParseShortRange(t *testing.T) {
	for in, want := range map[string]string{
		"2e4":                                 "0004132202E4",
		"00-04-13-22-02-e4":                   "0004132202E4",
		"000413-2202E4":                       "0004132202E4",
		"0004132202E0-0004132202FF":           "0004132202E0-0004132202FF",
		"2e0-2FF":                             "0004132202E0-0004132202FF",
		"2e0-0004.1322.02ff":                  "0004132202E0-0004132202FF",
		"00-04-13-22-02-E0-00-04-13-22-02-FF": "0004132202E0-0004132202FF",
		"000413-2202E0-000413-2202FF":         "0004132202E0-0004132202FF",
		"2e4-2e4":                             "0004132202E4",
		"000413000000-000413FFFFFF":           "000413000000-000413FFFFFF",
	} {
		r, err := ParseShortRange(in)
		if err != nil || r.String() != want {
			t.Errorf("%q: %v, %v; want %s", in, r, err, want)
		}
	}
	for in, want := range map[string]string{
		"":                          "expected twelve hex digits",
		"-":                         "expected twelve hex digits",
		"2e4-":                      "expected twelve hex digits",
		"-2e4":                      "expected twelve hex digits",
		"2e4--2e5":                  "expected twelve hex digits",
		"2e4-2e5-2e6":               "expected twelve hex digits",
		"2e4-xyz":                   "expected twelve hex digits",
		"2ff-2e0":                   "ends before it starts",
		"000413FFFFFF-000414000000": "another vendor",
		"000413000000-010413000000": "a group address",
	} {
		if r, err := ParseShortRange(in); err == nil || !strings.Contains(err.Error(), want) || r != (Range{}) {
			t.Errorf("%q: %v, %v; want an error with %q", in, r, err, want)
		}
	}
}

func TestRanges(t *testing.T) {
	var sorted []Addr
	for _, r := range []string{"2e4", "2e4", "2e5-2ff", "301", "000413FFFFFE-000413FFFFFF", "000414000000"} {
		parsed, err := ParseShortRange(r)
		if err != nil {
			t.Fatal(err)
		}
		sorted = slices.AppendSeq(sorted, parsed.All())
	}
	all := Ranges(sorted)
	var got []string
	n := 0
	for _, r := range all {
		got = append(got, r.String())
		n += r.Len()
	}
	if want := "0004132202E4-0004132202FF 000413220301 000413FFFFFE-000413FFFFFF 000414000000"; strings.Join(got, " ") != want || n != 28+1+2+1 {
		t.Errorf("%d in %q, want %q", n, got, want)
	}
	if !all[0].Contains(MustParse("0004132202FF")) || all[0].Contains(MustParse("000413220300")) || (Range{}).Contains(Addr{}) {
		t.Error("Contains")
	}
	if (Range{}).Len() != 0 || Ranges(nil) != nil {
		t.Error("the zero Range is not empty")
	}
	for range all[0].All() {
		break
	}
}

// The text form of an accepted range parses as the same range.
func FuzzParseShortRange(f *testing.F) {
	for _, s := range []string{"2e4", "2e0-2ff", "00-04-13-22-02-E0-00-04-13-22-02-FF", "2ff-2e0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseShortRange(s)
		if err != nil {
			return
		}
		if again, err := ParseShortRange(r.String()); err != nil || again != r {
			t.Errorf("%q is %v, which reads as %v, %v", s, r, again, err)
		}
		if r.Len() < 1 || r.Len() > 1<<24 || !r.Contains(r.First) || !r.Contains(r.Last) {
			t.Errorf("%q: %d in %v", s, r.Len(), r)
		}
	})
}

func TestRangeAt(t *testing.T) {
	r := Range{MustParse("0004132202E4"), MustParse("0004132202E5")}
	if got := r.At(1); got != r.Last || r.At(0) != r.First {
		t.Errorf("%v", got)
	}
	for _, i := range []int{-1, 2} {
		func() {
			defer func() { _ = recover() }()
			t.Errorf("At(%d) is %v", i, r.At(i))
		}()
	}
}
