package integration

import (
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// found sets a variable to what the group of a pattern matches in the last standard
// output.
//
//	found NAME pattern
func found(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: found NAME pattern")
	}
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	match := re.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(match) != 2 {
		ts.Fatalf("%s is not in the output", args[1])
	}
	ts.Setenv(args[0], match[1])
}
