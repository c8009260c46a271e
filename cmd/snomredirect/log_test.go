package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Control characters that clients send never reach a terminal through the log.
func TestLogIsPrintable(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log, _ := (&serve{LogFormat: format, LogLevel: "info"}).log(&out)
		log.Info("login refused", "user", "x\u009b31m\u202e\x7f\x1b[2J", "company", "Söhne", "why", errors.New("that of x\u009b\u202e"))
		if strings.ContainsAny(out.String(), "\u009b\u202e\x7f\x1b") || !strings.Contains(out.String(), "Söhne") {
			t.Errorf("%s: %q", format, out.String())
		}
	}
}
