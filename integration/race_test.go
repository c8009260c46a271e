//go:build race

package integration

import "os"

// With -race the program is also built with the race detector, whose default of
// waiting a second at each exit is turned off.
func init() {
	buildFlags = []string{"-race"}
	_ = os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
}
