package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type version struct{}

// revision is the commit that this program was built from, if whoever built it without
// Git's data gave it: -ldflags "-X main.revision=...", as the Dockerfile does.
var revision string

// Run prints what this program was built from.
func (version) Run(out output) error {
	module, commit := built()
	if commit == "" {
		commit = "(commit unknown: built without Git)"
	}
	_, err := fmt.Fprintf(out.stdout, "snomredirect %s %s %s %s/%s\n", module, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// built returns the module version and the revision that this program was built
// from. If the revision is unknown, it is "".
func built() (module, commit string) {
	module, commit = "(devel)", revision
	if info, ok := debug.ReadBuildInfo(); ok {
		module = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	return module, commit
}
