package settings

import (
	"strings"
	"testing"
)

// Text before XML is not taken for the plain format.
func TestTextBeforeXML(t *testing.T) {
	const file = "<?xml version=\"1.0\"?>\n<settings><phone-settings><a>1</a></phone-settings></settings>\n"
	for before, want := range map[string]string{
		"<br />\n<b>Warning</b>:  Undefined variable $x in <b>/var/www/snom.php</b> on line <b>3</b><br />\n": `"Warning:  Undefined variable $x in /var/www/snom.php on line 3"`,
		"PHP Notice:  Undefined index: mac in /srv/a.php on line 7\n":                                         `"PHP Notice:  Undefined index: mac in /srv/a.php on line 7"`,
		"\nNotice: Undefined index: mac in /srv/a.php on line 7\n":                                            `"Notice: Undefined index`,
		"Deprecated: Function x() is deprecated":                                                              `"Deprecated: Function x() is deprecated"`,
		"debug":                                                                                               `"debug"`,
		"http_client_pass: 1\n  ":                                                                             `"http_client_pass: ..."`,
		"<!-- by our script -->\n":                                                                            `"<!-- by our script -->"`,
		"\x1b[2J\n":                                                                                           `"\x1b[2J"`,
		"<br />\n":                                                                                            `"<br />"`,
	} {
		if _, err := Read([]byte(before + file)); err == nil || !strings.Contains(err.Error(), "text before <?xml, such as a warning from PHP: "+want) {
			t.Errorf("%q: %v, want %s", before, err, want)
		}
	}
	for _, text := range []string{"Notice: x\n<setting-files/>\n", "Notice: x\n<dialplan>\n", "x\n<?xml"} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), "text before <?xml") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"x: <?xml version=\"1.0\"?>\n", "x: <settings>\n", "<html>\n<pre>\na: 1\n</pre>\n</html>\n"} {
		if f, err := Read([]byte(text)); err != nil || len(f.Parts[0].Entries) != 1 {
			t.Errorf("%q: %+v, %v", text, f, err)
		}
	}
}
