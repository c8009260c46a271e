package lineedit

import (
	"bytes"
	"io"
)

// A HeldWriter writes to Writer, or holds back what is written between Hold and
// Release, so that a slow client delays nobody meanwhile.
type HeldWriter struct {
	io.Writer
	held bool
	page bytes.Buffer
}

// Write implements [io.Writer].
func (w *HeldWriter) Write(p []byte) (int, error) {
	if w.held {
		return w.page.Write(p)
	}
	return w.Writer.Write(p)
}

// Hold holds back what is written from now on.
func (w *HeldWriter) Hold() { w.held = true }

// Release writes what was held back. If the client has gone, that is dropped.
func (w *HeldWriter) Release() {
	w.held = false
	_, _ = w.page.WriteTo(w.Writer)
	w.page.Reset()
}
