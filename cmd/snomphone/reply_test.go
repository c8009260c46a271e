package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"snomredirect/redirect/boot"
)

// A server can't keep a phone busy with many settings.
func TestManySettings(t *testing.T) {
	var text strings.Builder
	for i := 0; text.Len() < boot.Patient.Reply-20; i++ {
		fmt.Fprintf(&text, "a%x:\n", i)
	}
	w := newWorld(t)
	w.serve("one.example", site{"/x": files(slices.Repeat([]string{"http://one.example/y"}, 10)...), "/y": text.String()})
	if _, err := w.boot(bootCommand{MAC: testMAC, URL: "http://one.example/x", JSON: true}); err != nil {
		t.Error(err)
	}
}

// corpus adds all files that the tests serve.
func corpus(f *testing.F) {
	files, err := filepath.Glob("testdata/prov/*/*")
	if err != nil || len(files) < 10 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// Whatever a server sends, a boot is printed as printable lines and valid JSON.
func FuzzReply(f *testing.F) {
	corpus(f)
	p, err := newPhone(testMAC, "", "", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		w := &boot.Walk{Phone: p, Client: boot.Client{Transport: answering(reply)}, Limits: boot.Patient, Once: true}
		_ = w.FromServer(t.Context(), "http://one.example/{mac}")
		s := w.Steps[0]
		var text, object bytes.Buffer
		printer{&text}.step(s)
		printer{&text}.settings(w)
		if err := writeJSON(&object, objectOf(w)); err != nil || !json.Valid(object.Bytes()) {
			t.Fatalf("%v: %q", err, object.Bytes())
		}
		for _, c := range text.String() + object.String() {
			if c != '\n' && (!unicode.IsPrint(c) || c == unicode.ReplacementChar) {
				t.Fatalf("%q: %q", c, text.String()+object.String())
			}
		}
	})
}

// answering is a transport that returns a file.
type answering []byte

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(a))}, nil
}
