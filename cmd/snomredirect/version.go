package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type version struct{}

// Run writes what this program was built from.
func (version) Run(out output) error {
	module, revision := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		module = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(out.stdout, "snomredirect %s%s %s %s/%s\n", module, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
