package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type version struct{}

// Run writes what this program was built from.
func (version) Run(out output) error {
	module, revision := built()
	if revision != "" {
		revision = " " + revision
	}
	_, err := fmt.Fprintf(out.stdout, "snomredirect %s%s %s %s/%s\n", module, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// built returns the version that this program was built from, and the revision,
// which is "" where that is not known.
func built() (module, revision string) {
	module = "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		module = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return module, revision
}
