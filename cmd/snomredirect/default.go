package main

import "snomredirect/store"

// defaultServer returns where the flags send phones that nobody has registered.
func (s *serve) defaultServer() store.Default {
	return store.Default{URL: s.DefaultServer, AnyOUI: s.DefaultAnyOUI}
}

// logDefault logs where phones are sent that nobody has registered, and what may be
// wrong with that: a public name may have been added after the default was set.
func (v *service) logDefault() {
	d := v.db.Default()
	if d.Chosen && !v.flags.DefaultServer.IsZero() && v.flags.DefaultServer != d.URL {
		v.log.Info("--default-server has no effect, because DEFAULT was used at the console", "default_server", d.URL)
	}
	switch {
	case d.URL.IsZero():
	case v.publicNames.Contains(d.URL):
		v.log.Warn("the default points back at this service: unregistered phones get the empty file", "default_server", d.URL)
	case d.URL.Unfilled() != "":
		v.log.Warn("phones don't fill in a part of the default", "default_server", d.URL, "part", d.URL.Unfilled())
	default:
		v.log.Info("unregistered phones are redirected to the default", "default_server", d.URL, "any_oui", d.AnyOUI)
	}
}
