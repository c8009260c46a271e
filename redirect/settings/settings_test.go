package settings

import (
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The golden files show the formats of snom's slides and of what snom's own
// clients read, to the byte.
func TestGolden(t *testing.T) {
	for _, f := range Formats() {
		for name, server := range map[string]string{
			"none":    "",
			"server":  "http://prov.acme.example/snom.php?mac={mac}",
			"escaped": `http://prov.acme.example/?a=1&b=<"'>{mac}`,
		} {
			file := filepath.Join("testdata", f.String()+"-"+name+".golden")
			got := f.AppendText(nil, server)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
			}
		}
	}
}

// Known clients read the files: RDS-CLI with a regular expression, another by
// splitting the fourth line, and the m9 with a regular expression on the third.
func TestKnownClients(t *testing.T) {
	const server = "http://prov.acme.example/snom.php?mac={mac}"
	plain := string(Plain.AppendText(nil, server))
	if m := regexp.MustCompile(`(?m)^setting_server.?: (.*)`).FindStringSubmatch(plain); m == nil || m[1] != server {
		t.Errorf("RDS-CLI's expression matches %q", m)
	}
	if _, got, _ := strings.Cut(strings.Split(plain, "\n")[3], ": "); got != server {
		t.Errorf("the fourth line has %q", got)
	}
	container := strings.Split(string(Container.AppendText(nil, server)), "\n")
	if m := regexp.MustCompile(`<file url="(.*)" />`).FindStringSubmatch(container[2]); m == nil || m[1] != server {
		t.Errorf("the m9's expression matches %q", m)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("http://prov.acme.example/snom.php?mac={mac}")
	f.Add(`tftp://h/?a=1&b=<"'>&amp;{mac}]]>`)
	f.Add("")
	f.Fuzz(func(t *testing.T, server string) {
		for _, c := range server {
			if c < '!' || c > '~' {
				t.Skip("not in a parsed URL")
			}
		}
		for _, format := range Formats() {
			if got := read(t, format, string(format.AppendText(nil, server))); got != server {
				t.Fatalf("%v: %q came back as %q", format, server, got)
			}
		}
	})
}

// read returns the setting server in a file. It shares no code with the writer.
func read(t *testing.T, f Format, file string) string {
	t.Helper()
	switch f {
	case XML:
		var doc struct {
			XMLName xml.Name `xml:"phone-settings"`
			Server  struct {
				Perm string `xml:"perm,attr"`
				URL  string `xml:",chardata"`
			} `xml:"setting_server"`
		}
		if err := xml.Unmarshal([]byte(file), &doc); err != nil {
			t.Fatalf("%v in\n%s", err, file)
		}
		if doc.Server.URL != "" && doc.Server.Perm != "$" {
			t.Fatalf("perm is %q, want $", doc.Server.Perm)
		}
		return doc.Server.URL
	case Container:
		var doc struct {
			XMLName xml.Name `xml:"setting-files"`
			Files   []struct {
				URL string `xml:"url,attr"`
			} `xml:"file"`
		}
		if err := xml.Unmarshal([]byte(file), &doc); err != nil {
			t.Fatalf("%v in\n%s", err, file)
		}
		if len(doc.Files) == 0 {
			return ""
		}
		return doc.Files[0].URL
	}
	var got []string
	for line := range strings.Lines(file) {
		if server, ok := strings.CutPrefix(line, "setting_server$: "); ok {
			got = append(got, strings.TrimSuffix(server, "\n"))
		}
	}
	switch len(got) {
	case 0:
		return ""
	case 1:
		return got[0]
	}
	t.Fatalf("%d settings, want at most one, in\n%s", len(got), file)
	return ""
}

func BenchmarkAppendText(b *testing.B) {
	for _, f := range Formats() {
		b.Run(f.String(), func(b *testing.B) {
			buf := make([]byte, 0, 512)
			b.ReportAllocs()
			for b.Loop() {
				buf = f.AppendText(buf[:0], "http://prov.acme.example/snom.php?mac={mac}")
			}
		})
	}
}
