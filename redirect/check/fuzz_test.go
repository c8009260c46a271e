package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"
)

// addFiles adds the files in testdata.
func addFiles(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(text).Files {
			f.Add(file.Data)
		}
	}
}

// Whatever a file contains, its findings are at places in it, in their order, and the same
// each time.
func FuzzFile(f *testing.F) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		findings := (&Checker{}).File("file", text)
		if again := (&Checker{}).File("file", text); !slices.Equal(findings, again) {
			t.Errorf("%v, and then %v", findings, again)
		}
		lines, before := strings.Count(string(text), "\n")+strings.Count(string(text), "\r")+1, 0
		for _, found := range findings {
			if found.Line < before || found.Line > lines || found.Line > 0 && found.Column < 1 || found.Text == "" || found.Rule == "" {
				t.Errorf("%+v, in %d lines", found, lines)
			}
			before = found.Line
		}
	})
}

// Whatever containers name, the check of their folder ends, and is the same each time.
func FuzzFolder(f *testing.F) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		folder := fstest.MapFS{}
		for i, name := range []string{"snom360.htm", "snom360-000413241234.htm", "360/general.xml", "other"} {
			folder[name] = &fstest.MapFile{Data: text[i*len(text)/8:]}
		}
		findings, _, err := (&Checker{}).Folder(t.Context(), folder, "", nil)
		again, _, errAgain := (&Checker{}).Folder(t.Context(), folder, "", nil)
		if err != nil || errAgain != nil || !slices.Equal(findings, again) {
			t.Errorf("%v, %v, and then %v, %v", findings, err, again, errAgain)
		}
	})
}

// BenchmarkFolder checks a folder of files of 20 KB, and of containers that name them.
func BenchmarkFolder(b *testing.B) {
	const files = 200
	folder := fstest.MapFS{}
	var settings strings.Builder
	for i := range 250 {
		fmt.Fprintf(&settings, "    <setting_number%d perm=\"$\">value &amp; %d</setting_number%d>\n    <user_name idx=\"1\">x</user_name>\n", i, i, i)
	}
	for i := range files {
		mac := fmt.Sprintf("00041324%04X", i)
		folder["snom360-"+mac+".htm"] = &fstest.MapFile{Data: []byte(`<?xml version="1.0"?><setting-files><file url="http://p.example/360/{mac}.xml" /></setting-files>`)}
		folder["360/"+mac+".xml"] = &fstest.MapFile{Data: []byte("<?xml version=\"1.0\"?>\n<settings>\n  <phone-settings>\n" + settings.String() + "  </phone-settings>\n</settings>\n")}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := (&Checker{}).Folder(b.Context(), folder, "", nil); err != nil || n != 2*files {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/files*10_000/1000, "s/10000files")
}
