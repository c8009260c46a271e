package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"snomredirect/store/bolt"
	"snomredirect/store/snapshot"
)

// backUp writes an archive of a new folder to a file, and returns both.
func backUp(t *testing.T) (file, folder string) {
	t.Helper()
	folder, db := newBackedUp(t)
	return archived(t, folder, db), folder
}

// archived writes an archive of a folder to a file.
func archived(t *testing.T, folder string, db *bolt.DB) (file string) {
	t.Helper()
	a, err := openBackups(folder, db.Copy, slog.New(slog.DiscardHandler)).begin()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var text bytes.Buffer
	if err := a.Write(&text, nil); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "snapshot.tar")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// restores runs the command.
func restores(t *testing.T, file, data string) (string, error) {
	t.Helper()
	var stdout bytes.Buffer
	err := run(t.Context(), []string{"restore", file, "--data", data}, output{&stdout, &stdout})
	return stdout.String(), err
}

func namesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A folder is restored whether it exists or not, and nothing else is left.
func TestRestore(t *testing.T) {
	file, original := backUp(t)
	for _, exists := range []bool{false, true} {
		parent := t.TempDir()
		data := filepath.Join(parent, "data")
		if exists {
			if err := os.Mkdir(data, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		text, err := restores(t, file, data)
		if err != nil || !strings.HasPrefix(text, "Restored to "+data+": 1 account and 1 phone, as of 20") || !strings.Contains(text, "\nNot in a backup: ") {
			t.Fatalf("exists %v: %q, %v", exists, text, err)
		}
		if names := namesIn(t, parent); len(names) != 1 {
			t.Errorf("exists %v: beside it are %q", exists, names)
		}
		if strings.Contains(text, "cluster") {
			t.Errorf("exists %v: a single machine: %s", exists, text)
		}
		if names := namesIn(t, data); !slices.Equal(names, []string{snapshot.Database, snapshot.HostKey}) {
			t.Errorf("exists %v: in it are %q", exists, names)
		}
		for name, mode := range map[string]fs.FileMode{".": 0o700, snapshot.Database: 0o600, snapshot.HostKey: 0o600} {
			if info, err := os.Stat(filepath.Join(data, name)); err != nil || info.Mode().Perm() != mode {
				t.Errorf("exists %v: %s: %v, %v", exists, name, info.Mode(), err)
			}
		}
		want, _ := os.ReadFile(filepath.Join(original, snapshot.HostKey))
		if got, err := os.ReadFile(filepath.Join(data, snapshot.HostKey)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("exists %v: another host key, %v", exists, err)
		}
		if err := checkWhole(data); err != nil {
			t.Errorf("exists %v: %v", exists, err)
		}
		db, err := bolt.Open(data, bolt.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := db.CountPhones(); err != nil || n != 1 {
			t.Errorf("exists %v: %d phones, %v", exists, n, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if _, err := restores(t, file, data); err == nil || !strings.Contains(err.Error(), "not empty: stop the service") {
			t.Errorf("exists %v: again: %v", exists, err)
		}
	}
}

// A backup of a node of a cluster becomes the folder of a single machine.
func TestRestoreOfANode(t *testing.T) {
	folder, db := newBackedUp(t)
	if err := db.SetReplicaOf(7, 42); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	text, err := restores(t, archived(t, folder, db), data)
	if err != nil || !strings.HasPrefix(text, "Restored to ") || !strings.Contains(text, "\nThe backup is that of a node of a cluster") {
		t.Fatalf("%q, %v", text, err)
	}
	restored, err := bolt.Open(data, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	if n, err := restored.CountPhones(); err != nil || n != 1 {
		t.Errorf("%d phones, %v", n, err)
	}
}

// What can't be restored changes nothing.
func TestRestoreRefuses(t *testing.T) {
	file, original := backUp(t)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	hostKey, err := os.ReadFile(filepath.Join(original, snapshot.HostKey))
	if err != nil {
		t.Fatal(err)
	}
	r, err := snapshot.NewReader(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Extract(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	database := whole[bytes.Index(whole, hostKey)-512-int(r.Manifest.Files[0].Size):][:r.Manifest.Files[0].Size]
	made := func(schema int, database, hostKey []byte) []byte {
		sources := []snapshot.Source{{Name: snapshot.Database, Content: bytes.NewReader(database)}, {Name: snapshot.HostKey, Content: bytes.NewReader(hostKey)}}
		m, err := snapshot.Describe("", schema, time.Now(), sources)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := m.Write(&b, sources); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		name string
		text []byte
		want string
	}{
		{"an empty file", nil, "snapshot.tar: the archive is empty"},
		{"half an archive", whole[:len(whole)/2], "snapshot.tar: the archive is cut short"},
		{"a flipped bit", append(append(slices.Clone(whole[:9000]), whole[9000]^1), whole[9001:]...), "is damaged: its SHA-256 is"},
		{"more than an archive", append(slices.Clone(whole), 0), "something after the end of the archive"},
		{"a newer schema", made(bolt.Schema()+1, database, hostKey), "made by a newer snomredirect (schema "},
		{"another schema", made(bolt.Schema()-1, database, hostKey), "the manifest says"},
		{"no database", made(bolt.Schema(), []byte("phones"), hostKey), "not a database, or damaged"},
		{"a damaged database", made(bolt.Schema(), damaged(database), hostKey), "the database has "},
		{"an unfinished replica", made(bolt.Schema(), unfinished(t, database), hostKey), "reading everything from etcd, and is not complete: restore another backup"},
		{"no host key", made(bolt.Schema(), database, []byte("key")), "host key"},
	} {
		if err := os.WriteFile(file, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		parent := t.TempDir()
		empty := filepath.Join(parent, "empty")
		if err := os.Mkdir(empty, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, data := range []string{filepath.Join(parent, "data"), empty} {
			text, err := restores(t, file, data)
			if err == nil || !strings.Contains(err.Error(), c.want) || text != "" {
				t.Errorf("%s: %q, %v, want %q", c.name, text, err, c.want)
			}
		}
		if names := append(namesIn(t, parent), namesIn(t, empty)...); len(names) != 1 {
			t.Errorf("%s: left are %q", c.name, names)
		}
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := restores(t, file, file); err == nil {
		t.Error("a file as the data folder: no error")
	}
	if _, err := restores(t, file+".missing", t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing archive: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"restore", file, "--data", t.TempDir()}, output{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// unfinished returns a database as that of a node that was reading everything.
func unfinished(t *testing.T, database []byte) []byte {
	t.Helper()
	folder := t.TempDir()
	file := bolt.DatabaseFile(folder)
	if err := os.WriteFile(file, database, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.SetReplicaOf(0, 42), db.Close()); err != nil {
		t.Fatal(err)
	}
	database, err = os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return database
}

// A restore that was interrupted where it puts the files in place leaves no folder that
// the service takes for whole.
func TestInterruptedRestore(t *testing.T) {
	data := t.TempDir()
	s, err := stage(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{snapshot.Database, snapshot.HostKey} {
		if err := os.WriteFile(filepath.Join(s.folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Another program has put a file there: publish ends after the database.
	if err := os.WriteFile(filepath.Join(data, snapshot.HostKey), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.publish([]snapshot.File{{Name: snapshot.Database}, {Name: snapshot.HostKey}}); err == nil {
		t.Fatal("a file was replaced")
	}
	if err := s.clean(); err != nil {
		t.Fatal(err)
	}
	err = run(t.Context(), []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0"}, output{&bytes.Buffer{}, &bytes.Buffer{}})
	if err == nil || !strings.Contains(err.Error(), "a restore is running or was interrupted") {
		t.Errorf("the service starts: %v", err)
	}
	if _, err := stage(data); err == nil {
		t.Error("another restore begins")
	}
}
