package sftp

import (
	"errors"
	"io"
	"os"

	protocol "github.com/pkg/sftp"

	"snomredirect/sshconsole/shell"
)

// The protocol's server calls everything on goroutines of its own, and a panic in one of
// them would end the process. So the types in this file are all that it is given: whatever
// they call, it is inside Guard.

// errPanic is a panic, which Guard has logged.
var errPanic = errors.New("sftp: a request panicked")

// guard runs f, and returns its error or, if it panics, a refusal.
func (s *session) guard(f func() error) error {
	err := errPanic
	s.Guard("sftp", func() { err = f() })
	if err != errPanic {
		return err
	}
	s.failed.Store(true)
	s.refused.Store(true)
	s.Guard("sftp", func() { s.problem(shell.Failure) })
	return refusal(shell.Failure)
}

// handlers are the requests of a session that are about a path.
type handlers struct{ s *session }

// Filecmd implements [protocol.FileCmder].
func (h handlers) Filecmd(r *protocol.Request) error {
	return h.s.guard(func() error { return h.s.change(r) })
}

// Filelist implements [protocol.FileLister].
func (h handlers) Filelist(r *protocol.Request) (protocol.ListerAt, error) {
	var l listing
	if err := h.s.guard(func() (err error) { l, err = h.s.look(r); return err }); err != nil {
		return nil, err
	}
	return guardedListing{h.s, l}, nil
}

// Fileread implements [protocol.FileReader].
func (h handlers) Fileread(r *protocol.Request) (io.ReaderAt, error) {
	var d *download
	if err := h.s.guard(func() (err error) { d, err = h.s.read(r); return err }); err != nil {
		return nil, err
	}
	return guardedDownload{h.s, d}, nil
}

// Filewrite implements [protocol.FileWriter].
func (h handlers) Filewrite(r *protocol.Request) (io.WriterAt, error) {
	var u *upload
	if err := h.s.guard(func() (err error) { u, err = h.s.write(r); return err }); err != nil {
		return nil, err
	}
	return guardedUpload{h.s, u}, nil
}

type guardedListing struct {
	s *session
	l listing
}

// ListAt implements [protocol.ListerAt].
func (g guardedListing) ListAt(to []os.FileInfo, offset int64) (n int, err error) {
	err = g.s.guard(func() (err error) { n, err = g.l.ListAt(to, offset); return err })
	return n, err
}

// Close implements [io.Closer].
func (g guardedListing) Close() error { return g.s.guard(func() error { return g.l.Close() }) }

type guardedDownload struct {
	s *session
	d *download
}

// ReadAt implements [io.ReaderAt].
func (g guardedDownload) ReadAt(b []byte, offset int64) (n int, err error) {
	err = g.s.guard(func() (err error) { n, err = g.d.ReadAt(b, offset); return err })
	return n, err
}

// Close implements [io.Closer].
func (g guardedDownload) Close() error { return g.s.guard(func() error { return g.d.Close() }) }

type guardedUpload struct {
	s *session
	u *upload
}

// WriteAt implements [io.WriterAt].
func (g guardedUpload) WriteAt(b []byte, offset int64) (n int, err error) {
	err = g.s.guard(func() (err error) { n, err = g.u.WriteAt(b, offset); return err })
	return n, err
}

// TransferError implements [protocol.TransferError].
func (g guardedUpload) TransferError(err error) {
	_ = g.s.guard(func() error { g.u.TransferError(err); return nil })
}

// Close implements [io.Closer].
func (g guardedUpload) Close() error { return g.s.guard(func() error { return g.u.Close() }) }

// A guardedConn is the client's connection.
type guardedConn struct {
	s *session
	c io.ReadWriteCloser
}

func (g guardedConn) Read(b []byte) (n int, err error) {
	err = g.s.guard(func() (err error) { n, err = g.c.Read(b); return err })
	return n, err
}

func (g guardedConn) Write(b []byte) (n int, err error) {
	err = g.s.guard(func() (err error) { n, err = g.c.Write(b); return err })
	return n, err
}

func (g guardedConn) Close() error { return g.s.guard(func() error { return g.c.Close() }) }
