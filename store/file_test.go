package store

import (
	"strings"
	"testing"

	"snomredirect/macaddr"
)

func TestParseFileName(t *testing.T) {
	for _, s := range []string{"a", "snom360.htm", "360/general.xml", "A_b-c.d", "0/1/2", "a..b", strings.Repeat("a", 128)} {
		if n, err := ParseFileName(s); err != nil || string(n) != s {
			t.Errorf("%q: %q, %v", s, n, err)
		}
	}
	for s, want := range map[string]string{
		"":                       "the file has no name",
		"/a":                     "leave it out",
		strings.Repeat("a", 129): "a name of 129 bytes",
	} {
		if _, err := ParseFileName(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", s, err, want)
		}
	}
	for _, s := range []string{".", "..", "../a", "a/../b", "a/./b", "a//b", "a/", ".a", "-a", "_a", "a/-b", "a b", "a\\b", "a\x00", "ä", "a%2e", "a:b", "a\n", "${a}", "\u017f", "\u212a"} {
		if n, err := ParseFileName(s); err == nil || !strings.Contains(err.Error(), "expected letters") {
			t.Errorf("%q: %q, %v", s, n, err)
		}
	}
}

func TestFileNameMAC(t *testing.T) {
	for name, want := range map[FileName]string{
		"000413231234.xml": "000413231234", "000413231234": "000413231234", "360/000413231234.xml": "000413231234", "000413231234/keys.xml": "000413231234",
		"snom360-000413231234.htm": "000413231234", "snom360-00041323ABCD.htm": "00041323ABCD", "snom360-00041323abcd.htm": "00041323ABCD",
		"keys_000413231234.xml": "000413231234", "000413231234-keys.xml": "000413231234", "a.000413231234": "000413231234", "000413231234/000413231235.xml": "000413231234",
		"snom360.htm": "", "general.xml": "", "0004132312345.xml": "", "00041323123.xml": "", "x000413231234.xml": "", "00041323123g.xml": "",
	} {
		mac, ok := name.MAC()
		if ok != (want != "") || ok && mac != macaddr.MustParse(want) {
			t.Errorf("%s: %v, %v; want %s", name, mac, ok, want)
		}
	}
}

func TestFileNameTemplate(t *testing.T) {
	for name, want := range map[FileName]FileName{
		"snom360-000413231234.htm": "snom360.htm", "snom360-000413231234": "snom360", "360/a-000413231234.tar.gz": "360/a.tar.gz", "a-b-000413231234.xml": "a-b.xml",
		"000413231234.xml": "", "snom360.htm": "", "snom360_000413231234.htm": "", "000413231235-000413231234.htm": "", "000413231235/a-000413231234.htm": "",
		"a-000413231234/b.htm": "", "a-00041323123g.xml": "",
	} {
		template, mac, ok := name.Template()
		if ok != (want != "") || template != want || ok && mac != macaddr.MustParse("000413231234") {
			t.Errorf("%s: %s, %v, %v; want %s", name, template, mac, ok, want)
		}
		if own := template.Own(mac.String()); ok && own != name {
			t.Errorf("%s: a phone's own is %s, want %s", template, own, name)
		}
	}
}

// A name is a path that stays where it is, and one of a phone is so in any case.
func FuzzFileName(f *testing.F) {
	for _, s := range []string{"snom360-000413231234.htm", "360/a.xml", "../a", "000413231234/b_c", "a-b-00041323abcd.tar.gz", "/", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseFileName(s)
		if err != nil {
			if n != "" {
				t.Errorf("%q and %v", n, err)
			}
			return
		}
		if string(n) != s || strings.Contains("/"+s+"/", "/.") || strings.Contains("/"+s, "//") || len(s) > 128 {
			t.Errorf("%q was accepted", s)
		}
		if again, err := ParseFileName(string(n.Fold())); err != nil || again.Fold() != n.Fold() {
			t.Errorf("%q folded: %q, %v", n, again, err)
		}
		mac, specific := n.MAC()
		if folded, ok := n.Fold().MAC(); folded != mac || ok != specific || specific != mac.IsValid() {
			t.Errorf("%q is for %v, and folded for %v", n, mac, folded)
		}
		template, of, ok := n.Template()
		folded, ofFolded, okFolded := n.Fold().Template()
		if ok != okFolded || of != ofFolded || template.Fold() != folded {
			t.Errorf("%q is made from %q, and folded from %q", n, template, folded)
		}
		if !ok {
			return
		}
		if _, err := ParseFileName(string(template)); err != nil || of != mac {
			t.Errorf("%q is made from %q for %v: %v", n, template, of, err)
		}
		if own := template.Own(mac.String()); own.Fold() != n.Fold() && len(mac.String()) == 12 && !strings.HasSuffix(string(n), ".") {
			t.Errorf("%q is made from %q, whose own is %q", n, template, own)
		}
		if _, specific := template.MAC(); specific {
			t.Errorf("%q is made from that of another phone, %q", n, template)
		}
	})
}

func TestNewFileToken(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		token := NewFileToken()
		if len(token) != 26 || strings.Trim(token, "abcdefghijklmnopqrstuvwxyz234567") != "" || seen[token] {
			t.Errorf("%q", token)
		}
		seen[token] = true
	}
}
