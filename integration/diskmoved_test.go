package integration

import (
	"os"
	"path/filepath"
	"testing"
)

// While the data folder, or the database in it, is elsewhere, phones are answered from
// what is open, and no change is acknowledged. Once it is back, all is well.
func TestDataFolderMoved(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name     string
		move     func(t *testing.T, folder, elsewhere string)
		noReturn bool
	}{
		{name: "renamed", move: func(t *testing.T, folder, elsewhere string) {
			must(t, os.Rename(folder, elsewhere))
		}},
		{name: "swapped for an empty one", move: func(t *testing.T, folder, elsewhere string) {
			must(t, os.Rename(folder, elsewhere))
			must(t, os.Mkdir(folder, 0o700))
		}},
		{name: "swapped for a copy", move: func(t *testing.T, folder, elsewhere string) {
			must(t, os.Rename(folder, elsewhere))
			must(t, os.CopyFS(folder, os.DirFS(elsewhere)))
		}},
		{name: "deleted", noReturn: true, move: func(t *testing.T, folder, elsewhere string) {
			must(t, os.RemoveAll(folder))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "data")
			elsewhere := folder + ".elsewhere"
			l, answer := launchOn(t, folder)
			c.move(t, folder, elsewhere)
			l.expectSays("register 0004132f0002 http://refused.example", 1, notChanged)
			l.refusing("the data folder or the database in it was deleted or replaced", answer)
			l.expectSays("register 0004132f0002 http://refused.example", 1, notChanged)
			l.expectSays("show 0004132f0002", 0, "State:          not registered")
			l.expectRefusalLogged()
			if c.noReturn {
				return
			}
			must(t, os.RemoveAll(folder))
			must(t, os.Rename(elsewhere, folder))
			l.recovers(answer)
			l.expectSays("show 0004132f0002", 0, "State:          not registered")
			l.checksWell(folder)
		})
	}
}
