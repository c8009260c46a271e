package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"snomredirect/redirect/sraps/hawk"
)

// What the helper prints is a header that is signed with the key.
func TestSignHawk(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	write(t, file("text"), "ID:             abc\nKey:            SECRET\n")
	write(t, file("json"), `{"account":"acme","id":"abc","key":"SECRET"}`+"\n")
	write(t, file("none"), "Key: SECRET\n")
	write(t, file("body"), "{}")
	const url = "https://prov.example:8083/api/v1/settings/?a=b"
	for _, args := range [][]string{{file("text"), "GET", url}, {file("json"), "put", url, "--body", file("body")}} {
		var out bytes.Buffer
		if err := run(t.Context(), append([]string{"hawk"}, args...), output{&out, io.Discard}); err != nil {
			t.Fatal(err)
		}
		value, isHeader := strings.CutPrefix(strings.TrimSuffix(out.String(), "\n"), "Authorization: ")
		h, err := hawk.Parse(value)
		target, targetErr := hawk.ParseTarget(args[1], url)
		if err != nil || targetErr != nil || !isHeader || h.ID != "abc" || !h.Signed("SECRET", target) {
			t.Errorf("%v: %q, %v, %v", args, out.String(), err, targetErr)
		}
		if want := hawk.PayloadHash("application/json", []byte("{}")); len(args) > 3 && h.Hash != want {
			t.Errorf("%v: hash %s, want %s", args, h.Hash, want)
		}
	}
	for want, args := range map[string][]string{
		"no such file":                  {file("missing"), "GET", url},
		"expected the lines ID and Key": {file("none"), "GET", url},
		"expected a URL that begins":    {file("text"), "GET", "prov.example"},
	} {
		if err := run(t.Context(), append([]string{"hawk"}, args...), output{io.Discard, io.Discard}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
}
