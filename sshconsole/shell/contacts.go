package shell

import (
	"snomredirect/macaddr"
	"snomredirect/sshconsole/contacts"
	"snomredirect/store"
)

// Contacts are the last contacts of phones. Its methods may be called
// concurrently.
type Contacts interface {
	contacts.Source
	// Watch calls onContact for every contact from now on, on the goroutine of the
	// phone's request: onContact must return at once. It is not called after stop
	// has returned.
	Watch(onContact func(store.Contact)) (stop func())
}

// noContacts has no contacts.
type noContacts struct{}

func (noContacts) Contact(macaddr.Addr) (store.Contact, error) {
	return store.Contact{}, store.ErrNotFound
}
func (noContacts) Watch(func(store.Contact)) (stop func()) { return func() {} }

func (c *call) contacts() contacts.View { return contacts.View{Source: c.Contacts, By: c.by} }
