package integration

import (
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A release is what .goreleaser.yaml says of one, as far as it can be tried without
// goreleaser.
type release struct {
	Builds []struct {
		Main, Binary string
		Env          []string
		GOOS, GOARCH []string
		Flags        []string
		Ldflags      []string
	}
	Packages []debian `yaml:"nfpms"`
	Archives []struct{ Files []string }
}

type debian struct {
	Name        string `yaml:"package_name"`
	Maintainer  string
	Description string
	Section     string
	Bindir      string
	Contents    []struct{ Src, Dst, Type string }
	Scripts     map[string]string
}

// The programs of a release are static, for each system that .goreleaser.yaml names, and
// the Debian package has all of its files. The sources are built as goreleaser would.
func TestRelease(t *testing.T) {
	if os.Getenv("SNOMREDIRECT_TEST_RELEASE") == "" {
		t.Skip("set SNOMREDIRECT_TEST_RELEASE=1 to build what a release contains, for two architectures: the first time takes minutes")
	}
	sources(t)
	text, err := os.ReadFile("../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var r release
	if err := yaml.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	architectures := r.build(t, folder)
	if want := []string{"amd64", "arm64"}; !slices.Equal(architectures, want) {
		t.Errorf("architectures: got %q, want %q", architectures, want)
	}
	for _, a := range r.Archives {
		for _, pattern := range a.Files {
			matching(t, pattern)
		}
	}
	if len(r.Packages) != 1 {
		t.Fatalf("%d packages, want one", len(r.Packages))
	}
	for _, architecture := range architectures {
		r.Packages[0].make(t, filepath.Join(folder, architecture), architecture)
	}
}

// build builds all programs into folders named for their architectures, which it
// returns.
func (r release) build(t *testing.T, folder string) (architectures []string) {
	t.Helper()
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	for _, b := range r.Builds {
		if !slices.Equal(b.GOOS, []string{"linux"}) {
			t.Errorf("%s is for %q, want linux", b.Binary, b.GOOS)
		}
		architectures = b.GOARCH
		for _, architecture := range b.GOARCH {
			file := filepath.Join(folder, architecture, b.Binary)
			args := slices.Concat([]string{"build"}, b.Flags, []string{"-ldflags", strings.Join(b.Ldflags, " "), "-o", file, b.Main})
			c := exec.Command("go", args...)
			c.Dir = ".."
			c.Env = append(append(c.Environ(), "GOOS=linux", "GOARCH="+architecture), b.Env...)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", c.Args, err, out)
			}
			program, err := elf.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer program.Close()
			if program.Machine != machines[architecture] {
				t.Errorf("%s is for %v", file, program.Machine)
			}
			for _, p := range program.Progs {
				if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
					t.Errorf("%s is not static: it has %v", file, p.Type)
				}
			}
		}
	}
	if runtime.GOOS == "linux" && slices.Contains(architectures, runtime.GOARCH) {
		out, err := exec.Command(filepath.Join(folder, runtime.GOARCH, "snomredirect"), "version").Output()
		if want := runtime.Version() + " linux/" + runtime.GOARCH + "\n"; err != nil || !strings.HasSuffix(string(out), want) {
			t.Errorf("version: %q, %v; want it to end with %q", out, err, want)
		}
	}
	return architectures
}

// matching returns the files of the repository that match a pattern: at least one.
func matching(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file matches %s: %v", pattern, err)
	}
	return files
}

// make makes the package of the programs in a folder, and checks what is in it.
func (d debian) make(t *testing.T, programs, architecture string) {
	t.Helper()
	root := filepath.Join(programs, "package")
	want := []string{}
	put := func(from, to string, mode fs.FileMode) {
		t.Helper()
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(root, to), text, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, to)
	}
	for _, name := range []string{"snomredirect", "snomphone"} {
		put(filepath.Join(programs, name), filepath.Join(d.Bindir, name), 0o755)
	}
	for _, c := range d.Contents {
		for _, file := range matching(t, c.Src) {
			to := c.Dst
			if strings.HasSuffix(to, "/") {
				to += filepath.Base(file)
			}
			put(file, to, 0o644)
		}
	}
	files := len(want)
	for kind, name := range map[string]string{"postinstall": "postinst", "preremove": "prerm", "postremove": "postrm"} {
		put(matching(t, d.Scripts[kind])[0], "DEBIAN/"+name, 0o755)
		if out, err := exec.Command("sh", "-n", filepath.Join(root, "DEBIAN", name)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	control := "Package: " + d.Name + "\nVersion: 0.0.0\nArchitecture: " + architecture + "\nSection: " + d.Section +
		"\nMaintainer: " + d.Maintainer + "\nDescription: " + d.Description + "\n"
	if err := os.WriteFile(filepath.Join(root, "DEBIAN/control"), []byte(control), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is not installed: it is on every Debian")
	}
	file := root + ".deb"
	for _, args := range [][]string{{"-Znone", "--root-owner-group", "--build", root, file}, {"--extract", file, root + "-extracted"}} {
		if out, err := exec.Command("dpkg-deb", args...).CombinedOutput(); err != nil {
			t.Fatalf("dpkg-deb %v: %v\n%s", args, err, out)
		}
	}
	for _, path := range want[:files] {
		if info, err := os.Stat(filepath.Join(root+"-extracted", path)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("the package lacks %s: %v", path, err)
		}
	}
}
