package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"snomredirect/store/snapshot"
)

func TestWarnOfAccess(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	key := filepath.Join(folder, snapshot.HostKey)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fixFolder, fixKey := "chmod go-w '"+folder+"'", "chmod go= '"+key+"'"
	for _, c := range []struct {
		folder, key os.FileMode
		want        string
	}{
		{0o700, 0o600, ""},
		{0o755, 0o600, ""}, // its names are no secret
		{0o720, 0o600, fixFolder},
		{0o702, 0o400, fixFolder},
		{0o750, 0o640, fixKey},
		{0o777, 0o644, fixFolder + " && " + fixKey},
	} {
		if err := os.Chmod(folder, c.folder); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(key, c.key); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		warnOfAccess(folder, slog.New(slog.NewTextHandler(&log, nil)))
		if got := log.String(); strings.Contains(got, "level=WARN") != (c.want != "") || c.want != "" && !strings.Contains(got, `fix="`+c.want+`"`) || strings.Count(got, "\n") > 1 {
			t.Errorf("%v, %v: %q, want %q", c.folder, c.key, got, c.want)
		}
	}
	var log bytes.Buffer
	warnOfAccess(filepath.Join(folder, "missing"), slog.New(slog.NewTextHandler(&log, nil)))
	if log.Len() > 0 {
		t.Errorf("%s", &log)
	}
}
