package sftp

import (
	"os"
	"sync"
	"time"

	"snomredirect/store"
)

// An upload is a file that a client writes.
type upload struct {
	session *session
	name    store.FileName
	end     func() // of the request that Begin counts; it may be called again
	release func() // of the handle

	mu    sync.Mutex
	text  []byte
	err   error // why it will not be stored
	stale *time.Timer
}

// staleTime is how long an upload goes on to which nothing is written. The service waits
// for uploads when it ends.
const staleTime = time.Minute

func (s *session) newUpload(name store.FileName, text []byte, end, release func()) *upload {
	u := &upload{session: s, name: name, text: text, end: sync.OnceFunc(end), release: release}
	u.mu.Lock()
	defer u.mu.Unlock()
	s.keep(u)
	u.stale = time.AfterFunc(staleTime, func() {
		_ = s.guard(func() error {
			defer u.end()
			words := refuse("%s: nothing arrived for a minute; nothing was stored.", name)
			if u.fail(words) {
				_ = s.explain("", words)
			}
			return nil
		})
	})
	return u
}

// keep lets u be truncated.
func (s *session) keep(u *upload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uploads[u.name.Fold()] = u
}

// fail ends an upload that will not be stored, and reports whether it would have been.
func (u *upload) fail(err error) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err != nil {
		return false
	}
	u.err, u.text = err, nil
	return true
}

// WriteAt implements [io.WriterAt]. A client writes several pieces at the same time.
func (u *upload) WriteAt(b []byte, offset int64) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil && (offset < 0 || offset > int64(store.MaxFileSize-len(b))) {
		u.err = u.session.explain(string(u.name), store.ErrFileSize)
		u.text = nil
	}
	if u.err != nil {
		return 0, u.err
	}
	u.stale.Reset(staleTime)
	if end := int(offset) + len(b); end > len(u.text) {
		u.text = append(u.text, make([]byte, end-len(u.text))...)
	}
	return copy(u.text[offset:], b), nil
}

// truncate makes the text size bytes long.
func (u *upload) truncate(size uint64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.err != nil:
		return u.err
	case size > store.MaxFileSize:
		return store.ErrFileSize
	case int(size) < len(u.text):
		u.text = u.text[:size]
	default:
		u.text = append(u.text, make([]byte, int(size)-len(u.text))...)
	}
	return nil
}

// TransferError implements [protocol.TransferError]: the connection ended before the
// client closed the file.
func (u *upload) TransferError(err error) {
	u.fail(err)
}

// Close implements [io.Closer]. It stores the file, unless a piece of it was refused or
// the connection ended.
func (u *upload) Close() error {
	defer u.end()
	defer u.forget()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.stale.Stop()
	if u.err != nil {
		u.release()
		return u.err
	}
	u.err = os.ErrClosed
	s := u.session
	if final, isPart := finalName(u.name); isPart {
		s.dropPart(final)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.parts[final.Fold()] = &part{u.name, u.text, u.release}
		return nil
	}
	defer u.release()
	return s.run(string(u.name), func(a store.Account) error { return s.put(a, u.name, u.text) })
}

// forget ends the time in which u can be truncated.
func (u *upload) forget() {
	s, name := u.session, u.name.Fold()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[name] == u {
		delete(s.uploads, name)
	}
}
