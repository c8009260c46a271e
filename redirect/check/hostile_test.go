package check

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"snomredirect/redirect/settings"
)

// Whatever a file contains, its findings are few and short. None of these takes more than
// a second or two.
func TestHostileFiles(t *testing.T) {
	long := strings.Repeat("a", 100_000)
	for what, text := range map[string]string{
		"a long part":        "<settings><" + long + ">" + strings.Repeat("<firmware_status/>", 8000) + "</" + long + "></settings>",
		"a long name":        "<phone-settings>" + strings.Repeat("<"+long+" perm=\"x\"/>", 30) + "</phone-settings>",
		"a long value":       "<phone-settings>" + strings.Repeat("<user_name idx=\""+long+"\"/>", 30) + "</phone-settings>",
		"firmware each line": strings.Repeat("firmware:\n", settings.MaxEntries),
		"identities":         "<settings><phone-settings>" + strings.Repeat("<user_x idx=\"99\"/>", 60_000) + "</phone-settings>" + strings.Repeat("<phrase/>", 100_000) + "</settings>",
		"passwords":          "<phone-settings>" + strings.Repeat("<a_pass perm=\"x\">x</a_pass>", 40_000) + "</phone-settings>",
		"stray lines":        "language: x\n" + strings.Repeat(";\n", 200_000),
	} {
		d := (&Checker{}).read("file", []byte(text))
		findings, size := d.findings, 0
		if len(d.secrets) > maxFindings {
			t.Errorf("%s: %d passwords", what, len(d.secrets))
		}
		for _, f := range findings {
			size += len(f.Text)
		}
		if n := len(findings); n < 10 || n > 3*maxFindings+3 || size > n*4*maxQuoted {
			t.Errorf("%s: %d findings of %d bytes", what, n, size)
		}
		if last := findings[0]; strings.Contains(what, "each") && last.Rule != More {
			t.Errorf("%s: it is not said that there are more, but %v", what, last)
		}
	}
}

// Nor do containers that name each other many times.
func TestHostileFolders(t *testing.T) {
	container := func(n int, url func(int) string) *fstest.MapFile {
		var b strings.Builder
		b.WriteString(`<?xml version="1.0"?><setting-files>`)
		for i := range n {
			fmt.Fprintf(&b, `<file url="http://p.example/%s"/>`, url(i))
		}
		b.WriteString("</setting-files>")
		return &fstest.MapFile{Data: []byte(b.String())}
	}
	for what, folder := range map[string]fstest.MapFS{
		"one pattern often": {"c.htm": container(20_000, func(int) string { return "f{mac}.htm" })},
		"many patterns":     {"c.htm": container(5_000, func(i int) string { return fmt.Sprintf("g%d{mac}.htm", i) })},
		"circles":           {},
	} {
		for i := range 2000 {
			folder[fmt.Sprintf("f%012d.htm", i)] = &fstest.MapFile{Data: []byte("language$: English\n")}
			if what == "circles" {
				folder[fmt.Sprintf("c%d.htm", i)] = container(2, func(k int) string { return fmt.Sprintf("c%d.htm", []int{0, (i + 1) % 2000}[k]) })
			}
		}
		findings, _, err := (&Checker{}).Folder(t.Context(), folder, "", nil)
		size := 0
		for _, f := range findings {
			size += len(f.Text)
		}
		if err != nil || size > 5_000_000 {
			t.Errorf("%s: %d findings of %d bytes, %v", what, len(findings), size, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := (&Checker{}).Folder(ended, fstest.MapFS{"a.htm": {Data: []byte("a: b\n")}}, "", nil); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
}
