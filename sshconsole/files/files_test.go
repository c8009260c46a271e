package files

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"snomredirect/store"
)

func TestReadUpload(t *testing.T) {
	endless := strings.NewReader(strings.Repeat("x", 3*store.MaxFileSize))
	if _, err := ReadUpload(endless); err != store.ErrFileSize || endless.Len() < store.MaxFileSize {
		t.Errorf("%v, and %d bytes were not read", err, endless.Len())
	}
	text, err := ReadUpload(strings.NewReader(strings.Repeat("x", store.MaxFileSize)))
	if err != nil || len(text) != store.MaxFileSize {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestAddress(t *testing.T) {
	isTemplate := func(text []byte) bool { return bytes.Contains(text, []byte("${n")) }
	v := View{Config: &Config{IsTemplate: isTemplate, URL: func(token string) store.URL { return store.RestoreURL("https://files.example/" + token + "/") }}}
	for _, c := range []struct{ name, text, want string }{
		{"a.htm", "", "https://files.example/T/a.htm"},
		{"a.htm", "${files}", "https://files.example/T/a.htm"},
		{"a.htm", "${files}${name}", "https://files.example/T/a-{mac}.htm"},
		{"x.y/a", "${name_2}", "https://files.example/T/x.y/a-{mac}"},
		{"x/a.b.c", "${n}", "https://files.example/T/x/a-{mac}.b.c"},
		{"000413231234.xml", "${name}", "https://files.example/T/000413231234.xml"},
		{"Phones.csv", "mac", ""},
	} {
		if got := v.Address("T", store.FileName(c.name), []byte(c.text)); got != c.want {
			t.Errorf("%s with %q: %s, want %s", c.name, c.text, got, c.want)
		}
	}
	if got := v.Address("", "a.htm", nil); got != "" {
		t.Errorf("without a token: %s", got)
	}
}

// A stuck client reads nothing until it is hung up on.
type stuck chan struct{}

func (s stuck) Write([]byte) (int, error) { <-s; return 0, errors.New("closed") }

func TestPatientWriter(t *testing.T) {
	client := make(stuck)
	w := &PatientWriter{Writer: client, Patience: time.Millisecond, HangUp: func() { close(client) }}
	if _, err := w.Write([]byte("x")); err == nil || !w.Failed {
		t.Errorf("%v, %v", err, w.Failed)
	}
	var b bytes.Buffer
	w = &PatientWriter{Writer: &b, Patience: time.Hour}
	if _, err := w.Write([]byte("x")); err != nil || w.Failed || b.String() != "x" {
		t.Errorf("%v, %v, %q", err, w.Failed, &b)
	}
}
