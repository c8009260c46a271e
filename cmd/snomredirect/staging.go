package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"snomredirect/store/snapshot"
)

// stagingPrefix is that of a folder inside a data folder that is not whole yet.
const stagingPrefix = ".restore-"

// A staging is a new folder in which a data folder is prepared: beside it, or inside it
// if it exists, since that may be a mounted volume.
type staging struct {
	folder, target string
	inside         bool
}

// stage makes a staging for a data folder that does not exist, or is empty.
func stage(target string) (s staging, err error) {
	s.target = filepath.Clean(target)
	parent, name := filepath.Dir(s.target), "."+filepath.Base(s.target)+stagingPrefix
	found, err := os.ReadDir(s.target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return s, err
	case len(found) > 0:
		return s, errors.New("not empty: stop the service if it is running, move the folder away, and restore again")
	default:
		parent, name, s.inside = s.target, stagingPrefix, true
	}
	if s.folder, err = os.MkdirTemp(parent, name+"*"); err != nil { // mode 0700
		return s, err
	}
	return s, syncFolder(parent)
}

// publish puts the files in place. After a power cut there is no data folder, or one
// that checkWhole refuses, or a whole one.
func (s staging) publish(files []snapshot.File) error {
	if err := syncFolder(s.folder); err != nil {
		return err
	}
	if !s.inside {
		if err := os.Rename(s.folder, s.target); err != nil {
			return err
		}
		return syncFolder(filepath.Dir(s.target))
	}
	for _, f := range files {
		to := filepath.Join(s.target, f.Name)
		if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s has been created meanwhile", f.Name)
		}
		if err := os.Rename(filepath.Join(s.folder, f.Name), to); err != nil {
			return err
		}
	}
	return errors.Join(syncFolder(s.target), os.Remove(s.folder), syncFolder(s.target))
}

// clean deletes the staging if it is still there. It stays inside a data folder that
// publish has begun to fill: without it, that would pass for whole.
func (s staging) clean() error {
	if s.inside {
		if found, err := os.ReadDir(s.target); err != nil || len(found) > 1 {
			return err
		}
	}
	return os.RemoveAll(s.folder)
}

// checkWhole refuses a data folder with a staging inside: it is being restored, or that
// was interrupted.
func checkWhole(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil { // bolt.Open creates the folder, or reports the error
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stagingPrefix) {
			return fmt.Errorf("data folder %s: a restore is running or was interrupted: if it was, delete all files in the folder, also %s, and restore again", folder, e.Name())
		}
	}
	return nil
}
