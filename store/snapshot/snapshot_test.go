package snapshot

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var made = time.Date(2026, 11, 25, 13, 30, 9, 0, time.UTC)

func sources(content map[string]string) (all []Source) {
	for _, name := range Names {
		if text, ok := content[name]; ok {
			all = append(all, Source{name, strings.NewReader(text)})
		}
	}
	return all
}

var (
	least = map[string]string{Database: strings.Repeat("phones", 1000), HostKey: "host key"}
	whole = map[string]string{Database: strings.Repeat("x", 1024), HostKey: "host key", RDSCertificate: "", RDSKey: "rds key", APIKey: "api key"}
)

func archive(t testing.TB, content map[string]string) []byte {
	t.Helper()
	m, err := Describe("v1.2.3", 4, made.Add(time.Millisecond), sources(content))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.Write(&b, sources(content)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads an archive into a new folder and returns the files that are there.
func read(t testing.TB, archive []byte) (m Manifest, files map[string]string, err error) {
	t.Helper()
	parent := t.TempDir()
	folder := filepath.Join(parent, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(bytes.NewReader(archive))
	if err == nil {
		m, err = r.Manifest, r.Extract(folder)
	}
	files = map[string]string{}
	all := filepath.WalkDir(parent, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
		}
		if filepath.Dir(path) != folder {
			t.Errorf("outside the folder: %s", path)
		}
		text, err := os.ReadFile(path)
		files[d.Name()] = string(text)
		return err
	})
	if all != nil {
		t.Fatal(all)
	}
	return m, files, err
}

func TestRoundTrip(t *testing.T) {
	for _, content := range []map[string]string{least, whole} {
		text := archive(t, content)
		if again := archive(t, content); !bytes.Equal(text, again) {
			t.Error("two archives of the same differ")
		}
		m, files, err := read(t, text)
		if err != nil || !maps.Equal(files, content) {
			t.Errorf("%v, %q", err, files)
		}
		if m.Version != "v1.2.3" || m.Schema != 4 || !m.Made.Equal(made) || len(m.Files) != len(content) || m.Files[1].Size != 8 {
			t.Errorf("%+v", m)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, content := range []map[string]string{{}, {Database: "x"}, {HostKey: "x", RDSKey: "x"}} {
		if _, err := Describe("", 4, made, sources(content)); err == nil {
			t.Errorf("%v: no error", content)
		}
	}
	if _, err := Describe("", 4, made, append(sources(least), Source{"other", strings.NewReader("")})); err == nil {
		t.Error("another file: no error")
	}
	m, err := Describe("", 4, made, sources(least))
	if err != nil {
		t.Fatal(err)
	}
	for _, changed := range []map[string]string{whole, {Database: "", HostKey: "host key"}, {Database: least[Database], HostKey: ""}, {Database: least[Database] + "x", HostKey: "host key"}} {
		if err := m.Write(io.Discard, sources(changed)); err == nil {
			t.Errorf("%v: no error", changed)
		}
	}
}

// An entry is a file of an archive that a test makes.
type entry struct {
	tar.Header
	text string
}

func plain(name, text string) entry {
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(text))}, text}
}

func packed(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// manifest returns the manifest of least after change.
func manifest(t testing.TB, change func(*Manifest)) string {
	t.Helper()
	m, err := Describe("v1.2.3", 4, made, sources(least))
	if err != nil {
		t.Fatal(err)
	}
	change(&m)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What is not exactly an archive is refused, with a reason.
func TestReadRefuses(t *testing.T) {
	good := archive(t, least)
	m := manifest(t, func(*Manifest) {})
	db, key := plain(Database, least[Database]), plain(HostKey, least[HostKey])
	with := func(change func(*Manifest)) []byte {
		return packed(t, plain(ManifestName, manifest(t, change)), db, key)
	}
	damaged := slices.Clone(good)
	damaged[bytes.Index(good, []byte("host key"))]++
	other := func(change func(*entry)) []byte {
		e := key
		change(&e)
		return packed(t, plain(ManifestName, m), db, e)
	}
	for _, c := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"nothing", nil, "the archive is empty"},
		{"a text", bytes.Repeat([]byte("Welcome, admin! "), 100), "not a backup of snomredirect, or a compressed one"},
		{"another tar", packed(t, plain("notes.txt", "hello")), "not a backup of snomredirect"},
		{"no files", packed(t, plain(ManifestName, m)), "cut short"},
		{"a file is missing", packed(t, plain(ManifestName, m), db), "cut short"},
		{"other order", packed(t, plain(ManifestName, m), key, db), `the archive has "ssh_host_ed25519_key": expected snomredirect.db`},
		{"a file twice", packed(t, plain(ManifestName, m), db, db, key), `the archive has "snomredirect.db": expected ssh_host_ed25519_key`},
		{"one more", packed(t, plain(ManifestName, m), db, key, plain("x", "")), `the archive also has "x"`},
		{"another name", other(func(e *entry) { e.Name = "../" + e.Name }), `the archive has "../ssh_host_ed25519_key": expected`},
		{"an absolute name", other(func(e *entry) { e.Name = "/etc/passwd" }), `the archive has "/etc/passwd": expected`},
		{"a link", other(func(e *entry) {
			e.Typeflag, e.Linkname, e.Size, e.text = tar.TypeSymlink, "/etc/passwd", 0, ""
		}), "in a form that BACKUP doesn't write"},
		{"a hard link", other(func(e *entry) {
			e.Typeflag, e.Linkname, e.Size, e.text = tar.TypeLink, Database, 0, ""
		}), "in a form that BACKUP doesn't write"},
		{"a folder", other(func(e *entry) { e.Typeflag, e.Size, e.text = tar.TypeDir, 0, "" }), `the archive has`},
		{"a device", other(func(e *entry) { e.Typeflag, e.Size, e.text = tar.TypeFifo, 0, "" }), "in a form that BACKUP doesn't write"},
		{"attributes", other(func(e *entry) { e.PAXRecords = map[string]string{"SCHILY.xattr.user.x": "y"} }), "in a form that BACKUP doesn't write"},
		{"another format", other(func(e *entry) { e.Format = tar.FormatGNU }), "in a form that BACKUP doesn't write"},
		{"a longer file", other(func(e *entry) { e.text += "x"; e.Size++ }), "ssh_host_ed25519_key has 9 bytes: the manifest says 8"},
		{"a shorter file", other(func(e *entry) { e.text, e.Size = "", 0 }), "ssh_host_ed25519_key has 0 bytes: the manifest says 8"},
		{"other bytes", damaged, "ssh_host_ed25519_key is damaged: its SHA-256 is"},
		{"trailing data", append(slices.Clone(good), 0), "there is something after the end of the archive"},
		{"two archives", append(slices.Clone(good), good...), "there is something after the end of the archive"},
		{"no end", good[:len(good)-1024], "cut short"},
		{"half an end", good[:len(good)-512], "cut short"},
		{"a huge manifest", packed(t, plain(ManifestName, m+strings.Repeat(" ", maxManifest))), "at most 65536 are possible"},
		{"a manifest that is no JSON", packed(t, plain(ManifestName, "{")), "snomredirect-backup.json is damaged"},
		{"an old format", with(func(m *Manifest) { m.Format = 0 }), "format 0"},
		{"no schema", with(func(m *Manifest) { m.Schema = 0 }), "schema 0"},
		{"no time", with(func(m *Manifest) { m.Made = time.Time{} }), "damaged: schema 4, made 0001"},
		{"no hash", with(func(m *Manifest) { m.Files[0].SHA256 = "" }), `SHA-256 ""`},
		{"a negative size", with(func(m *Manifest) { m.Files[0].Size = -1 }), "size -1"},
		{"no host key", with(func(m *Manifest) { m.Files = m.Files[:1] }), "it has to begin with"},
		{"no database", with(func(m *Manifest) { m.Files = m.Files[1:] }), "it has to begin with"},
		{"a listed stranger", with(func(m *Manifest) { m.Files = append(m.Files, File{Name: "../x", SHA256: m.Files[0].SHA256}) }), `"../x" is unknown`},
		{"listed twice", with(func(m *Manifest) { m.Files = append(m.Files, m.Files[1]) }), `"ssh_host_ed25519_key" is unknown, or not in its place`},
		{"an unknown field", packed(t, plain(ManifestName, strings.Replace(m, `{`, `{"more":1,`, 1)), db, key), `unknown field "more"`},
	} {
		_, _, err := read(t, c.archive)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, _, err := read(t, with(func(m *Manifest) { m.Format = 1 })); err != nil {
		t.Errorf("format 1: %v", err)
	}
	for n := 1; n < len(good); n += 101 {
		if _, _, err := read(t, good[:n]); err == nil {
			t.Errorf("the first %d of %d bytes: no error", n, len(good))
		}
	}
	if _, _, err := read(t, packed(t, plain(ManifestName, `{"format":3,"new":[]}`))); !errors.Is(err, ErrNewer) || err.Error() != "made by a newer snomredirect (format 3; this version reads up to 2)" {
		t.Errorf("a newer format: %v", err)
	}
}

// A file that exists is neither replaced nor followed.
func TestExtractReplacesNothing(t *testing.T) {
	folder := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, filepath.Join(folder, Database)); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(bytes.NewReader(archive(t, least)))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Extract(folder); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(outside); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("outside the folder: %v", err)
	}
}

// summed returns an archive with the right checksums in its headers, since a fuzzer
// does not find them.
func summed(archive []byte) []byte {
	archive = slices.Clone(archive)
	for block := range slices.Chunk(archive, 512) {
		if len(block) < 512 || string(block[257:262]) != "ustar" {
			continue
		}
		sum := 8 * int(' ') // the checksum's own bytes count as spaces
		for i, b := range block {
			if i < 148 || i >= 156 {
				sum += int(b)
			}
		}
		copy(block[148:156], fmt.Sprintf("%06o\x00 ", sum))
	}
	return archive
}

// What is read is what the manifest says, and can be written and read again.
func FuzzRead(f *testing.F) {
	good := archive(f, map[string]string{Database: "phones", HostKey: "", RDSKey: "key"})
	if !bytes.Equal(summed(good), good) {
		f.Fatal("other checksums")
	}
	f.Add(good)
	f.Add(good[:len(good)-512])
	f.Add(packed(f, plain(ManifestName, manifest(f, func(m *Manifest) { m.Files[0].Size = 1 << 40 })),
		entry{Header: tar.Header{Name: Database, Format: tar.FormatPAX}}, plain(HostKey, "host key")))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, files, err := read(t, summed(text))
		if err != nil {
			return
		}
		again, err := Describe(m.Version, m.Schema, m.Made, sources(files))
		if err != nil || len(again.Files) != len(m.Files) {
			t.Fatalf("%v, %+v, %+v", err, m, again)
		}
		for i, f := range m.Files {
			if !strings.EqualFold(f.SHA256, again.Files[i].SHA256) || f.Size != again.Files[i].Size {
				t.Fatalf("%+v, %+v", m, again)
			}
		}
		if _, files2, err := read(t, archive(t, files)); err != nil || !maps.Equal(files, files2) {
			t.Fatalf("%v, %q, %q", err, files, files2)
		}
	})
}
