// Package wording has the forms in which the console shows times and numbers.
package wording

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Minute words a time in UTC, to the minute.
func Minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Timestamp returns a time for people, in UTC.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// MachineTime returns a time for programs, in UTC.
func MachineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Plural returns n with the noun in the singular or plural.
func Plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// Quoted returns words in quotes, which also keep what they contain from a terminal.
func Quoted(words []string) string {
	var quoted []string
	for _, word := range words {
		quoted = append(quoted, strconv.Quote(word))
	}
	return strings.Join(quoted, ", ")
}
