//go:build !unix

package bolt

import "io/fs"

// keepOwner does nothing: the folder says who can read its files.
func keepOwner(string, fs.FileInfo) error { return nil }
