package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type version struct{}

// Run prints what this program was built from.
func (version) Run(out output) error {
	module, revision := built()
	if revision != "" {
		revision = " " + revision
	}
	_, err := fmt.Fprintf(out.stdout, "snomredirect %s%s %s %s/%s\n", module, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// built returns the module version and the revision that this program was built
// from. If the revision is unknown, it is "".
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
