package sftp

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	protocol "github.com/pkg/sftp"

	"snomredirect/store"
)

// An entry is a file or a folder as clients see it.
type entry struct {
	name string // without its folder
	size int
	mode fs.FileMode
	at   time.Time
}

func (e entry) Name() string       { return e.name }
func (e entry) Size() int64        { return int64(e.size) }
func (e entry) Mode() fs.FileMode  { return e.mode }
func (e entry) ModTime() time.Time { return e.at }
func (e entry) IsDir() bool        { return e.mode.IsDir() }
func (e entry) Sys() any           { return nil }

func fileEntry(f store.File) entry {
	return entry{path.Base(string(f.Name)), f.Size, 0o644, f.At}
}

func folderEntry(name store.FileName, at time.Time) entry {
	return entry{path.Base("/" + string(name)), 0, fs.ModeDir | 0o755, at}
}

// A listing is a folder that a client reads, as it was when it was opened, or one file or
// folder.
type listing struct {
	all     []entry
	release func() // if nil, no handle is counted
}

// ListAt implements [protocol.ListerAt].
func (l listing) ListAt(to []os.FileInfo, offset int64) (n int, err error) {
	for n < len(to) && offset+int64(n) < int64(len(l.all)) {
		to[n] = l.all[offset+int64(n)]
		n++
	}
	if n < len(to) {
		err = io.EOF
	}
	return n, err
}

// Close implements [io.Closer].
func (l listing) Close() error {
	if l.release != nil {
		l.release()
	}
	return nil
}

// look finds what is at a path, or opens a folder to be read.
func (s *session) look(r *protocol.Request) (l listing, err error) {
	err = s.do(r.Filepath, func(a store.Account) error {
		name, err := nameAt(r.Filepath)
		if err != nil {
			return os.ErrNotExist // clients look for names that were never there
		}
		switch r.Method {
		case "Stat", "Lstat":
			info, err := s.stat(a, name)
			l = listing{all: []entry{info}}
			return err
		case "Readlink":
			return refuse("%s is not a link.", name)
		}
		all, err := s.list(a, name)
		if err != nil {
			return err
		}
		release, err := s.open()
		l = listing{all, release}
		return err
	})
	return l, err
}

// stat returns the file or the folder with a name. The error is os.ErrNotExist if there is
// none.
func (s *session) stat(a store.Account, name store.FileName) (e entry, err error) {
	if final, isPart := finalName(name); isPart {
		s.mu.Lock()
		p := s.parts[final.Fold()]
		s.mu.Unlock()
		if p != nil {
			return entry{path.Base(string(name)), len(p.text), 0o644, s.begun}, nil
		}
	}
	if w := s.waitingFor(name); w != nil {
		return entry{path.Base(string(w.name)), len(w.text), 0o644, s.begun}, nil
	}
	if name != "" {
		versions, err := s.Files.Store.FileVersions(a.ID, name)
		switch {
		case err == nil && !versions[0].Removed:
			return fileEntry(versions[0]), nil
		case err != nil && !errors.Is(err, store.ErrNoFile):
			return e, err
		}
	}
	exists, err := s.folderExists(a, name)
	if err == nil && !exists {
		err = os.ErrNotExist
	}
	return folderEntry(name, s.begun), err
}

// folderExists reports whether a folder was made, or is implied by the name of a file or a
// folder in it. It lists no files: clients look for each name that they upload.
func (s *session) folderExists(a store.Account, folder store.FileName) (bool, error) {
	if folder == "" || s.wasMade(folder) {
		return true, nil
	}
	return s.Files.Store.HasFolder(a.ID, folder)
}

// wasMade reports whether a folder, or one in it, was made.
func (s *session) wasMade(folder store.FileName) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.folders[folder.Fold()]; ok {
		return true
	}
	for name := range s.folders {
		if isIn(name, folder) {
			return true
		}
	}
	return false
}

// list returns what is in a folder: files, and the folders that their names imply or that
// were made, in the order of their names. The error is os.ErrNotExist if there is no such folder.
func (s *session) list(a store.Account, folder store.FileName) (all []entry, err error) {
	stored, err := s.Files.Store.Files(a.ID)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, exists := s.folders[folder.Fold()]
	seen := map[string]struct{}{} // folders, by folded name
	add := func(name store.FileName, file *entry, at time.Time) {
		if !isIn(name.Fold(), folder) {
			return
		}
		exists = true
		rest := string(name)
		if folder != "" {
			rest = rest[len(folder)+1:]
		}
		child, _, deeper := strings.Cut(rest, "/")
		if !deeper && file != nil {
			all = append(all, *file)
		} else if _, again := seen[strings.ToLower(child)]; !again {
			seen[strings.ToLower(child)] = struct{}{}
			all = append(all, folderEntry(store.FileName(child), at))
		}
	}
	for _, f := range stored {
		e := fileEntry(f)
		add(f.Name, &e, f.At)
	}
	for name := range s.folders {
		add(name, nil, s.begun)
	}
	if !exists && folder != "" {
		return nil, os.ErrNotExist
	}
	slices.SortFunc(all, func(a, b entry) int { return compareNames(a.name, b.name) })
	return all, nil
}

// compareNames is the order of names for people.
func compareNames(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
