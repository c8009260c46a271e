package sftp

import (
	"errors"
	"maps"
	"slices"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/store"
)

// Bounds of the templates of a session that wait.
const (
	maxWaiting      = 100
	maxWaitingBytes = 1 << 20
)

// A waiting is an uploaded template that can't be filled in until phones.csv has more
// columns or rows. A client that uploads a folder may send that file later, and stops, or
// leaves the template out, at the first error. It is not stored before it is checked.
type waiting struct {
	name  store.FileName
	text  []byte
	found []findings.Finding // why it can't be stored yet
}

// wait keeps a template until the session uploads phones.csv, and reports whether it has
// room for it.
func (s *session) wait(w *waiting) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, w.name.Fold())
	size := len(w.text)
	for _, other := range s.waiting {
		size += len(other.text)
	}
	if len(s.waiting) >= maxWaiting || size > maxWaitingBytes {
		return false
	}
	s.waiting[w.name.Fold()] = w
	return true
}

// stopWaiting forgets a template, and reports whether it waited.
func (s *session) stopWaiting(name store.FileName) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.waiting[name.Fold()]
	delete(s.waiting, name.Fold())
	return ok
}

// waitingFor returns the template that waits under a name, or nil.
func (s *session) waitingFor(name store.FileName) *waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting[name.Fold()]
}

// takeWaiting returns all templates that wait, by name, and forgets them.
func (s *session) takeWaiting() []*waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.SortedFunc(maps.Values(s.waiting), func(a, b *waiting) int {
		return compareNames(string(a.name), string(b.name))
	})
	clear(s.waiting)
	return all
}

// putWaiting stores the templates for which phones.csv now has all. Those that it refuses
// are told on standard error: the client believes that they were uploaded.
func (s *session) putWaiting(a store.Account) {
	for _, w := range s.takeWaiting() {
		_ = s.explain(string(w.name), s.put(a, w.name, w.text))
	}
}

// refuseWaiting tells which templates were not stored.
func (s *session) refuseWaiting() {
	for _, w := range s.takeWaiting() {
		_ = s.explain(string(w.name), s.changed(store.Account{}, "", w.name, w.found, files.ErrRefused))
	}
}

// incomplete reports whether an upload was refused only because phones.csv has not what it
// needs yet.
func incomplete(name store.FileName, err error) bool {
	return errors.Is(err, files.ErrIncomplete) && name.Fold() != store.PhonesFile
}
