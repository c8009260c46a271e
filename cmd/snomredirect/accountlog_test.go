package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// No account fills the log with its changes, and none hides those of another.
func TestAccountLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for level, all := range map[string]int{"info": maxAccountLines, "debug": 1000} {
			var out bytes.Buffer
			log, _ := (&serve{LogFormat: "text", LogLevel: level}).log(&out)
			acme := log.With("account", "acme", "by", "password")
			for range 1000 {
				acme.Info("changed", "command", "register 2e4")
			}
			acme.Error("command")
			log.Info("login", "account", "bravo")
			log.Info("listening")
			text := out.String()
			if n := strings.Count(text, "msg=changed account=acme"); n != all {
				t.Errorf("%s: %d lines, want %d", level, n, all)
			}
			if strings.Count(text, "level=INFO msg=changed") != maxAccountLines || strings.Count(text, `level=WARN msg="too many lines of an account`) != 1 ||
				!strings.Contains(text, "level=ERROR msg=command") || !strings.Contains(text, "account=bravo") || !strings.Contains(text, "listening") {
				t.Errorf("%s: %s", level, text[max(0, len(text)-600):])
			}
			time.Sleep(time.Minute)
			out.Reset()
			acme.Info("changed")
			if !strings.Contains(out.String(), "level=INFO msg=changed") {
				t.Errorf("a minute later: %s", &out)
			}
		}
	})
}
