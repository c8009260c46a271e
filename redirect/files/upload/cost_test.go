package upload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"snomredirect/store"
)

// manyRows returns a phones.csv with n rows, of which two are of ann and bob.
func manyRows(n int) string {
	var b strings.Builder
	b.WriteString("mac,name\n")
	for i := range n {
		fmt.Fprintf(&b, "00041323%04X,%d\n", 0x1200+i, i)
	}
	return b.String()
}

// A template that is too much to check is refused, with what to do. Phones with the same
// values, and phones whose values have not changed, are checked once.
func TestTooMuch(t *testing.T) {
	d := newDesk(t)
	const rows = 500
	d.takes(store.PhonesFile, manyRows(rows), "rows are of phones that the account has not registered")
	large := settingsFile(named + strings.Repeat("\n<language perm='$'>English</language>", 2000))
	d.refuses("a.xml", large, "have more than 16 MiB together; move what is the same for all phones to a file without ${...}")
	d.maxWork = 1 << 20 // the real bound takes a minute with the race detector
	if _, err := d.put(true, "a.xml", large); err != ErrRefused {
		t.Error(err)
	}
	small := settingsFile(named + strings.Repeat("\n", 1000))
	for i := range 3 { // more than the bound together
		d.takes(store.FileName(fmt.Sprintf("%d.xml", i)), small, "")
	}
	d.takes(store.PhonesFile, manyRows(rows+1), "rows are of phones that the account has not registered")
	d.refuses(store.PhonesFile, "mac,name\n"+strings.ReplaceAll(strings.TrimPrefix(manyRows(rows), "mac,name\n"), ",", ",x"), "takes too long")
	d.takes(store.PhonesFile, strings.ReplaceAll(manyRows(rows), ",0", ",same"), "rows are of phones that the account has not registered")
}

// BenchmarkWorst measures the worst uploads that are taken, or refused as too much.
func BenchmarkWorst(b *testing.B) {
	for name, lines := range map[string]string{
		"tags":    "<phone-settings>" + strings.Repeat("<a/>", 1000) + "<b>${name}</b></phone-settings>",
		"few":     "<phone-settings><b>${name}</b></phone-settings>",
		"unknown": "<settings>" + strings.Repeat("<phone-setings/>", 100) + "<p${1}/></settings>",
		"keys":    "<function-keys>" + strings.Repeat("<fkey/>", 30_000) + "<fkey>${name}</fkey></function-keys>",
		"links":   "<setting-files>" + strings.Repeat("<file url='${files}{mac}'/>", 1000) + "<file url='${name}'/></setting-files>",
		"empty":   "<phone-settings>" + strings.Repeat("${none}", 9_999) + "${name}</phone-settings>",
	} {
		b.Run(name, func(b *testing.B) {
			d := newDesk(b)
			rows := strings.ReplaceAll(manyRows(9_500), "\n", ",\n")
			d.takes(store.PhonesFile, strings.Replace(rows, "mac,name,", "mac,name,none", 1), "not registered")
			lines = strings.ReplaceAll(lines, "<p${1}/>", "<a>${name}</a>")
			for b.Loop() {
				_, _, err := d.Put(b.Context(), store.Audit{}, true, true, d.account, "a.xml", []byte(head+lines))
				if err != nil && !errors.Is(err, ErrRefused) {
					b.Fatal(err)
				}
			}
		})
	}
}

// A check ends with its context.
func TestEnds(t *testing.T) {
	d := newDesk(t)
	d.takes(store.PhonesFile, manyRows(10_000), "rows are of phones that the account has not registered")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, _, err := d.Put(ctx, store.Audit{}, false, false, d.account, "a.xml", []byte(settingsFile(named)))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}
