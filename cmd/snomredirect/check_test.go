package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"snomredirect/redirect/boot/tftp/tftptest"
)

// checkIn runs check in a folder.
func checkIn(t *testing.T, ctx context.Context, folder string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	t.Chdir(folder)
	var out, problems bytes.Buffer
	err = run(ctx, append([]string{"check"}, args...), output{&out, &problems})
	return out.String(), problems.String(), err
}

// What was not checked is told apart from what has errors.
func TestCheckRefuses(t *testing.T) {
	folder := t.TempDir()
	if err := errors.Join(
		os.WriteFile(filepath.Join(folder, "good.htm"), []byte("language$: English\n"), 0o600),
		os.WriteFile(filepath.Join(folder, "bad.htm"), []byte("setting_server$: nowhere\n"), 0o600),
		os.Mkdir(filepath.Join(folder, "empty"), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		kind error
		text string
	}{
		{[]string{"good.htm", "nosuch"}, errUnread, "nosuch: no such file"},
		{[]string{"empty"}, errUnread, "no settings files"},
		{[]string{"/dev/null"}, errUnread, "neither a file nor a folder"},
		{[]string{}, errUsage, "expected"},
		{[]string{"--model", "phone", "good.htm"}, errUsage, "--model"},
		{[]string{"--firmware", "new", "good.htm"}, errUsage, "--firmware"},
		{[]string{"--public-name", "http://x", "good.htm"}, errUsage, "--public-name"},
		{[]string{"--url", "nowhere", "empty"}, errUsage, "--url"},
		{[]string{"--url", "http://x/", "good.htm"}, errUsage, "expected a folder"},
		{[]string{"--url", "http://x/", "http://user:secret@y/"}, errUsage, "expected a folder"},
		{[]string{"--url", "http://x/", "empty", "empty"}, errUsage, "expected one folder"},
		{[]string{"http://x/"}, errUsage, "--mac"},
		{[]string{"tftp://x/"}, errUsage, "--mac"},
		{[]string{"bad.htm", "good.htm"}, nil, "2 files: 1 error, 0 warnings, 0 hints"},
	} {
		_, _, err := checkIn(t, t.Context(), folder, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %q", c.args, err, c.text)
		}
		for _, kind := range []error{errUsage, errUnread} {
			if errors.Is(err, kind) != (c.kind == kind) {
				t.Errorf("%q: %v, want %v", c.args, err, c.kind)
			}
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := checkIn(t, ended, folder, "."); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// The URL of a setting server may be one for TFTP.
func TestCheckTFTP(t *testing.T) {
	s := (&tftptest.Server{Files: map[string]string{"snom190-0004132202E4.htm": "dhcp: off\n"}}).Start(t)
	stdout, stderr, err := checkIn(t, t.Context(), t.TempDir(), "--mac", "2e4", "tftp://"+s.Addr)
	if err != nil || !strings.HasPrefix(stdout, "tftp://"+s.Addr+"/snom190-0004132202E4.htm:1:1: warning: dhcp ") || stderr != "2 files: 0 errors, 1 warning, 0 hints\n" {
		t.Errorf("%q, %q, %v", stdout, stderr, err)
	}
}

// Names of files and tags can't steer a terminal.
func TestCheckIsPrintable(t *testing.T) {
	folder := t.TempDir()
	const name = "a\x1b[31m\u009b.htm"
	if err := os.WriteFile(filepath.Join(folder, name), []byte("setting_server$: nowhere\n"), 0o600); err != nil {
		t.Skip("the file system doesn't take such names: run this test on Linux")
	}
	for _, args := range [][]string{{name}, {"--json", name}, {"."}} {
		stdout, stderr, err := checkIn(t, t.Context(), folder, args...)
		if strings.ContainsAny(stdout+stderr, "\x1b\u009b") || err == nil || stdout == "" {
			t.Errorf("%q: %q, %q, %v", args, stdout, stderr, err)
		}
	}
}
