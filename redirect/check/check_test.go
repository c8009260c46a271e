package check

import (
	"bytes"
	"flag"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// TestFindings checks the folders in testdata: each file is an archive of one, whose last
// file, "want", is what is found. Lines before the first file are a comment, and options:
// "model: snomm9", "firmware: 6.5.20" and "url: http://prov.example.com/".
func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			if last < 1 || archive.Files[last].Name != "want" {
				t.Fatal("expected files, and then want")
			}
			checker, base := checkerOf(t, string(archive.Comment))
			findings, n, err := checker.Folder(t.Context(), folderOf(archive.Files[:last]), "", base)
			if err != nil || n == 0 {
				t.Fatalf("%d files, %v", n, err)
			}
			compare(t, file, archive, findings)
		})
	}
}

// compare compares findings with the last file of an archive.
func compare(t *testing.T, file string, archive *txtar.Archive, findings []Finding) {
	t.Helper()
	var got bytes.Buffer
	for _, f := range findings {
		got.WriteString(f.String() + " [" + string(f.Rule) + "]\n")
	}
	want := &archive.Files[len(archive.Files)-1].Data
	if *update {
		*want = got.Bytes()
		if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got.Bytes(), *want) {
		t.Errorf("got\n%swant\n%s", got.Bytes(), *want)
	}
}

func checkerOf(t *testing.T, comment string) (c *Checker, base *url.URL) {
	t.Helper()
	names, err := store.NewPublicNames("redirect.example.com")
	if err != nil {
		t.Fatal(err)
	}
	c = &Checker{PublicNames: names}
	for line := range strings.Lines(comment) {
		option, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch option {
		case "model":
			c.Phone.Model = value
		case "firmware":
			v, ok := settings.ParseVersion(value)
			if !ok {
				t.Fatalf("%q is no version", value)
			}
			c.Phone.Firmware = v
		case "url":
			if base, err = url.Parse(value); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c, base
}

func folderOf(files []txtar.File) fs.FS {
	folder := fstest.MapFS{}
	for _, f := range files {
		folder[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return folder
}

// Each rule is broken by a folder or a boot in testdata.
func TestEachRule(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	boots, _ := filepath.Glob("testdata/boots/*.txtar")
	if files = append(files, boots...); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	source, err := os.ReadFile("rule.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(source)) {
		if _, after, ok := strings.Cut(line, ` Rule = "`); ok {
			rule, _, _ := strings.Cut(after, `"`)
			if rule == string(More) { // see TestHostileFiles
				continue
			}
			if n++; !bytes.Contains(all, []byte("["+rule+"]\n")) {
				t.Errorf("nothing breaks %s", rule)
			}
		}
	}
	if n < 15 {
		t.Errorf("%d rules in rule.go", n)
	}
}
