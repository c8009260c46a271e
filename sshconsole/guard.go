package sshconsole

import "runtime/debug"

// guard runs f, and reports whether it returned. A panic in f is recovered and
// logged, so that it ends only what it happened in.
func (s *Server) guard(where string, f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			s.ObservePanic()
			s.Log.Error("panic", "in", where, "error", r, "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}

func (s *Server) observeLogin(m Method, o LoginOutcome) {
	s.guard("login", func() { s.ObserveLogin(m, o) })
}

func (s *Server) observeSession(o SessionOutcome) {
	s.guard("session", func() { s.ObserveSession(o) })
}
