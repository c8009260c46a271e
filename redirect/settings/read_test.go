package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// dump returns what Read found, a line each, with its place.
func dump(f *File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v, header %v, encoding %q, root %+v\n", f.Format, f.Header, f.Encoding, f.Root)
	for i := range f.Parts {
		p := &f.Parts[i]
		fmt.Fprintf(&b, "%d:%d part %q, kind %d, %+v\n", p.Line, p.Column, p.Name, p.Kind(), p.Attrs)
		for _, e := range p.Entries {
			fmt.Fprintf(&b, "%d:%d   %T%s\n", e.At().Line, e.At().Column, e, fields(reflect.ValueOf(e).Elem()))
		}
	}
	return b.String()
}

// fields returns the fields of an entry that are not zero.
func fields(v reflect.Value) string {
	var b strings.Builder
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() && v.Type().Field(i).Name != "Pos" {
			format := " %s=%+v"
			if f.Kind() == reflect.String {
				format = " %s=%q"
			}
			fmt.Fprintf(&b, format, v.Type().Field(i).Name, f)
		}
	}
	return b.String()
}

// withoutPlaces removes what writing a file and reading it again may change.
func withoutPlaces(f *File) *File {
	f.Header, f.Encoding, f.Root.Pos = false, "", Pos{}
	for i := range f.Parts {
		f.Parts[i].Pos = Pos{}
		for _, e := range f.Parts[i].Entries {
			reflect.ValueOf(e).Elem().FieldByName("Pos").SetZero()
			if c, ok := e.(*Contact); ok {
				for i := range c.Fields {
					c.Fields[i].Pos = Pos{}
				}
			}
		}
	}
	return f
}

// readFiles returns the files of the tests: figures of snom's slides and its wiki, and
// what the phones of snomphone's tests read.
func readFiles(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"testdata/files/*", "../../cmd/snomphone/testdata/prov/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 10 {
			t.Fatal(pattern, files, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, ".golden") {
				continue
			}
			if all[file], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// The golden files show what is read in each tag and where, and how it is written.
func TestRead(t *testing.T) {
	for file, text := range readFiles(t) {
		f, err := Read(text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		got := dump(f)
		written, err := f.AppendText(nil)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		again, err := Read(written)
		if err != nil || !reflect.DeepEqual(withoutPlaces(again), withoutPlaces(f)) {
			t.Errorf("%s: %v, written and read again is\n%s", file, err, dump(again))
		}
		if !strings.HasPrefix(file, "testdata/") {
			continue
		}
		golden := file + ".golden"
		got += "\nWritten:\n" + string(written)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || got != string(want) {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", golden, err, got, want)
		}
	}
}
