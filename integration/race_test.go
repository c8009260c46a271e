//go:build race

package integration

import "os"

// With -race the program is watched for races as well as the tests. It need not
// wait a second at each of its ends, as it would.
func init() {
	buildFlags = []string{"-race"}
	_ = os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
}
