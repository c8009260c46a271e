package etcd

import (
	"fmt"

	"github.com/coreos/go-semver/semver"
)

// Before oldest, a watch may miss what was written; before recommended, etcd has other
// defects that a node may meet.
var (
	oldest      = semver.New("3.5.8")
	recommended = semver.New("3.5.17")
)

// checkVersion returns an error for a server that is too old, and whether to warn of it.
func checkVersion(text string) (warn bool, err error) {
	v, err := semver.NewVersion(text)
	if err != nil {
		return false, fmt.Errorf("etcd has the version %q: expected one such as %s", text, recommended)
	}
	if v.LessThan(*oldest) {
		return false, fmt.Errorf("etcd has the version %s, in which a watch may miss changes: update it to %s or later", v, recommended)
	}
	return v.LessThan(*recommended), nil
}
