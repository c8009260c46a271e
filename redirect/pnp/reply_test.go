package pnp

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	for _, name := range []string{"snom360", "m700"} {
		_, answers, o := newBench(t, always).handle(datagram{route, []byte(capture(t, name))}, time.Now())
		if o != Answered || len(answers) != 2 {
			t.Fatal(name, o, answers)
		}
		for i, kind := range []string{"ok", "notify"} {
			if answers[i].path != route {
				t.Errorf("%s of %s goes to %v", kind, name, answers[i].path)
			}
			file := filepath.Join("testdata", name+"."+kind+".golden")
			if *update {
				if err := os.WriteFile(file, answers[i].data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(answers[i].data, want) {
				t.Errorf("%s of %s:\n%q\nwant\n%q", kind, name, answers[i].data, want)
			}
		}
	}
}
