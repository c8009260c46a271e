package shell

import (
	"context"
	"errors"
	"strings"
	"testing"

	"snomredirect/sshconsole/files"
	"snomredirect/store"
)

// Each error that a store or a check returns for a file has words for a partner, which
// name the file; a failure inside the service has none.
func TestFileProblem(t *testing.T) {
	for _, err := range []error{store.ErrNoFile, files.ErrNoRow, store.ErrFileSize, store.ErrFileSpace, store.ErrTooManyFiles, store.ErrBusy,
		context.DeadlineExceeded, store.ErrFilesChanged, store.ErrUnknown, store.ErrUnavailable} {
		if words, ok := FileProblem("acme", "a.xml", err); !ok || !strings.Contains(words, "a.xml") {
			t.Errorf("%v: %q, %v", err, words, ok)
		}
	}
	for err, want := range map[error]bool{context.Canceled: true, ErrStopping: true, ErrLoggedOut: true, nil: false, errors.New("/data/secret"): false} {
		if words, ok := FileProblem("acme", "a.xml", err); ok != want || strings.Contains(words, "secret") {
			t.Errorf("%v: %q, %v", err, words, ok)
		}
	}
}
