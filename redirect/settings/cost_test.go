package settings

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// What a file of 64 KiB costs is bounded, whatever is in it.
func TestCost(t *testing.T) {
	const size, limit = 64 << 10, 16 << 20
	for _, c := range []struct{ before, repeated, after string }{
		{"", "a:\n", ""},
		{"a:\n", ";\n", ""},
		{"", "\n", ""},
		{"", "<", ""},
		{"<settings>", "<a>", ""},
		{"<settings>", "<a/>", "</settings>"},
		{"<settings><a>", "<b/>", "</a></settings>"},
		{"<settings><a>", "<b>1</b>", "</a></settings>"},
		{"<phone-book>", "<item><a/></item>", "</phone-book>"},
		{"<phone-book>", "<item/>", "</phone-book>"},
		{"<phone-book><item>", "x<a/>", "</item></phone-book>"},
		{"<settings>", "x<a/>", "</settings>"},
		{"<settings>", " <!---->", "</settings>"},
		{"<settings>", "x<!---->", "</settings>"},
		{"<settings>", "<![CDATA[x]]>", "</settings>"},
		{"<settings><a", " b=''", "/></settings>"},
		{"<settings><a b='", "&#9;", "'/></settings>"},
		{"<settings>", "&amp;", "</settings>"},
		{"<?xml version='1.0' encoding='iso-8859-1'?><settings>", "\xff<a/>", "</settings>"},
		{"x <?xml ", "<!-- ", ""},
		{"x\n<?xml ?>", "<!---->", "<settings/>"},
	} {
		n := (size - len(c.before) - len(c.after)) / len(c.repeated)
		text := []byte(c.before + strings.Repeat(c.repeated, n) + c.after)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Read(text)
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > limit {
			t.Errorf("%q, %q: %d KiB, %v", c.before, c.repeated, allocated>>10, err)
		} else if testing.Verbose() {
			t.Logf("%q, %q: %d KiB, %v, %.80v", c.before, c.repeated, allocated>>10, f != nil, err)
		}
	}
}

// The files have 20 KB, as those of a phone with all its settings.
func BenchmarkRead(b *testing.B) {
	var plain, xml strings.Builder
	plain.WriteString("<html>\n<pre>\n")
	xml.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<settings>\n  <phone-settings>\n")
	for i := 0; plain.Len() < 20_000; i++ {
		fmt.Fprintf(&plain, "user_realname%d$: Müller & Söhne %d\n", i, i)
	}
	for i := 0; xml.Len() < 15_000; i++ {
		fmt.Fprintf(&xml, "    <user_realname idx=\"%d\" perm=\"RW\">Müller &amp; Söhne</user_realname>\n", i)
	}
	xml.WriteString("  </phone-settings>\n  <function-keys>\n")
	for i := 0; xml.Len() < 20_000; i++ {
		fmt.Fprintf(&xml, "    <fkey idx=\"%d\" context=\"active\" perm=\"$\">blf &lt;sip:%d@tst.org&gt;</fkey>\n", i, i)
	}
	xml.WriteString("  </function-keys>\n</settings>\n")
	for name, text := range map[string]string{"plain": plain.String(), "xml": xml.String()} {
		text := []byte(text)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(text); err != nil {
					b.Fatal(err)
				}
			}
		})
		f, err := Read(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("written "+name, func(b *testing.B) {
			buf := bytes.NewBuffer(nil).AvailableBuffer()
			b.ReportAllocs()
			for b.Loop() {
				if buf, err = f.AppendText(buf[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
