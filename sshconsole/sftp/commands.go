package sftp

import (
	"errors"
	"os"
	"strings"

	protocol "github.com/pkg/sftp"

	"snomredirect/store"
)

// change runs a request that would change files.
func (s *session) change(r *protocol.Request) error {
	switch r.Method {
	case "Setstat": // each upload is followed by one; files have no modes or owners
		if !r.AttrFlags().Size {
			return nil
		}
		attributes := r.Attributes()
		if attributes == nil { // there are fewer than the flags say
			return protocol.ErrSSHFxBadMessage
		}
		return s.truncate(r.Filepath, attributes.Size)
	case "Link", "Symlink":
		return s.explain("", refusal("Files can't be links."))
	}
	return s.do(r.Filepath, func(a store.Account) error {
		name, err := fileAt(r.Filepath)
		if err != nil {
			return err
		}
		switch r.Method {
		case "Mkdir":
			return s.makeFolder(a, name)
		case "Rmdir":
			return s.removeFolder(a, name)
		case "Remove":
			return s.remove(a, name)
		case "Rename":
			return s.rename(a, name, r.Target)
		}
		return protocol.ErrSSHFxOpUnsupported
	})
}

// truncate shortens or lengthens an upload that is open. OpenSSH's scp writes over the old
// text, and then sends the length of the new one.
func (s *session) truncate(path string, size uint64) error {
	return s.do(path, func(store.Account) error {
		name, err := fileAt(path)
		if err != nil {
			return err
		}
		s.mu.Lock()
		u := s.uploads[name.Fold()]
		s.mu.Unlock()
		if u == nil {
			return refuse("%s: files are replaced as a whole; a stored one can't be truncated.", name)
		}
		return u.truncate(size)
	})
}

// rename stores an upload that waits for its final name. Other files keep theirs: their
// versions belong to it.
func (s *session) rename(a store.Account, name store.FileName, target string) error {
	to, err := fileAt(target)
	if err != nil {
		return err
	}
	final, isPart := finalName(name)
	if !isPart || final.Fold() != to.Fold() {
		return refuse("%s can't be renamed: upload %s, then remove %s.", name, to, name)
	}
	p := s.dropPart(final)
	if p == nil {
		return os.ErrNotExist
	}
	return s.put(a, to, p.text)
}

func (s *session) remove(a store.Account, name store.FileName) error {
	const command = "FILE REMOVE"
	if final, isPart := finalName(name); isPart && s.dropPart(final) != nil {
		return nil
	}
	s.mu.Lock()
	waiting := s.parts[name.Fold()]
	s.mu.Unlock()
	if waiting != nil {
		// WinSCP removes a file before it renames the upload that replaces it.
		s.problem(string(name) + " stays until " + string(waiting.name) + " is renamed to it.")
		return nil
	}
	waited := s.stopWaiting(name)
	if info, err := s.stat(a, name); waited && errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	} else if info.IsDir() {
		return refuse("%s is a folder.", name)
	}
	found, err := s.Files.Remove(s.ctx, s.audit(a, command), false, a, name)
	return s.changed(a, command, name, found, err)
}

// makeFolder remembers a folder without files until the end of the session.
func (s *session) makeFolder(a store.Account, name store.FileName) error {
	info, err := s.stat(a, name)
	switch {
	case err == nil && !info.IsDir():
		return refuse("%s is a file.", name)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.folders) < maxFolders {
		s.folders[name.Fold()] = struct{}{}
	}
	return nil
}

func (s *session) removeFolder(a store.Account, name store.FileName) error {
	all, err := s.list(a, name)
	switch {
	case err != nil:
		return err
	case len(all) > 0:
		return refuse("%s is not empty.", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.folders, name.Fold())
	return nil
}

// isIn reports whether a folded name is in a folder, at whatever depth.
func isIn(folded, folder store.FileName) bool {
	return folder == "" || strings.HasPrefix(string(folded), string(folder.Fold())+"/")
}
