package sftp

import (
	"path"
	"strings"

	"snomredirect/store"
)

// nameAt returns the name of the file or folder at a client's path, or "" for the folder
// of all files. No path leads out of it, as in a chroot.
func nameAt(p string) (store.FileName, error) {
	clean := path.Clean("/" + p)
	if clean == "/" {
		return "", nil
	}
	name, err := store.ParseFileName(clean[1:])
	if err != nil {
		return "", refuse("%q can't be a name: %v.", store.Printable(clean[1:]), err)
	}
	return name, nil
}

// fileAt is nameAt without the folder of all files.
func fileAt(p string) (store.FileName, error) {
	name, err := nameAt(p)
	if err == nil && name == "" {
		err = refusal("/ is a folder.")
	}
	return name, err
}

// partSuffix ends the names under which WinSCP uploads files before it renames them.
const partSuffix = ".filepart"

// finalName returns the name that an upload will have, and whether that is another one
// than now.
func finalName(name store.FileName) (final store.FileName, isPart bool) {
	stem := len(name) - len(partSuffix)
	if stem < 1 || !strings.EqualFold(string(name[stem:]), partSuffix) || name[stem-1] == '/' {
		return name, false
	}
	return name[:stem], true
}
