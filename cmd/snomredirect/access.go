package main

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"snomredirect/store/snapshot"
)

// warnOfAccess logs, in one line with the remedy, that other users of the machine can
// change what is in the data folder, or use a key in it.
func warnOfAccess(folder string, log *slog.Logger) {
	var remedies []string
	check := func(file string, forbidden fs.FileMode, remedy string) {
		// A file that is missing or can't be read is another's concern.
		if info, err := os.Stat(file); err == nil && info.Mode()&forbidden != 0 {
			remedies = append(remedies, "chmod "+remedy+" '"+file+"'")
		}
	}
	check(folder, 0o022, "go-w")
	for _, name := range []string{snapshot.HostKey, snapshot.RDSKey, snapshot.APIKey} {
		check(filepath.Join(folder, name), 0o077, "go=")
	}
	if len(remedies) > 0 {
		log.Warn("the data folder is not protected from other users of this machine", "fix", strings.Join(remedies, " && "))
	}
}
