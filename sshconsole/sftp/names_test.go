package sftp

import (
	"strings"
	"testing"

	"snomredirect/store"
)

func TestNameAt(t *testing.T) {
	for path, want := range map[string]store.FileName{
		"": "", "/": "", ".": "", "..": "", "/..": "", "/a/..": "",
		"/snom360.htm": "snom360.htm", "a//b/": "a/b", "/../../etc/passwd": "etc/passwd", "a/../B": "B",
	} {
		if got, err := nameAt(path); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"/.ssh", "a b", `a\b`, "a\x00", "a/\n", "~", "-a", "C:/x", "/é", strings.Repeat("a/", 65)} {
		if got, err := nameAt(path); err == nil {
			t.Errorf("%q: %q", path, got)
		}
	}
}

func TestFinalName(t *testing.T) {
	for name, want := range map[store.FileName]store.FileName{
		"a.xml.filepart": "a.xml", "x/A.FILEPART": "x/A", "filepart": "", "x/y.filepart/z": "", "a.xml": "",
	} {
		final, isPart := finalName(name)
		if isPart != (want != "") || isPart && final != want || !isPart && final != name {
			t.Errorf("%q: %q, %v", name, final, isPart)
		}
	}
}

// No path leads to a name that isn't one, or to a second form of one.
func FuzzNameAt(f *testing.F) {
	for _, path := range []string{"/", "a/../../b", "x//y.filepart", "é", "a\\b", "\x00"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, err := nameAt(path)
		if err != nil || name == "" {
			return
		}
		if parsed, err := store.ParseFileName(string(name)); err != nil || parsed != name {
			t.Fatalf("%q: %q, %v", path, name, err)
		}
		if again, err := nameAt("/" + string(name)); err != nil || again != name {
			t.Fatalf("%q: %q, %v", name, again, err)
		}
		if final, isPart := finalName(name); isPart {
			if parsed, err := store.ParseFileName(string(final)); err != nil || parsed != final {
				t.Fatalf("%q: %q, %v", name, final, err)
			}
		}
	})
}
