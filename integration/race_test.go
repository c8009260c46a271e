//go:build race

package integration

// With -race the program is watched for races as well as the tests.
func init() { buildFlags = []string{"-race"} }
