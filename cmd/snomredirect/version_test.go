package main

import (
	"bytes"
	"regexp"
	"testing"
)

// The version names the commit that was given to the build, or says why there is none:
// go test builds without Git's data, too.
func TestVersion(t *testing.T) {
	defer func(was string) { revision = was }(revision)
	for given, want := range map[string]string{
		"": `^snomredirect \S+ \(commit unknown: built without Git\) go\S+ \w+/\w+\n$`,
		"86ea66715a081b8d45839fa2359a0bca7efc15eb": `^snomredirect \S+ 86ea66715a081b8d45839fa2359a0bca7efc15eb go\S+ \w+/\w+\n$`,
	} {
		revision = given
		var out bytes.Buffer
		if err := (version{}).Run(output{stdout: &out}); err != nil || !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("%q: %q, %v; want %s", given, &out, err, want)
		}
	}
}
