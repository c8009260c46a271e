// Package store is the vocabulary of the service: accounts and the phones they
// have registered, the rules of who may change what, and the errors that tell
// which rule was broken. It knows no database. Backends such as
// [snomredirect/store/bolt] keep the values and run the rules inside their own
// transactions; [snomredirect/store/storetest] is the contract they all pass.
//
// Values are parsed where they come in (ParseURL, ParseKey, ParseName, …) and
// are taken to be sound from there on.
package store

import "errors"

// What a rule or a lookup answers. Backends return these and nothing else for
// the cases they name, wrapped or bare; any other error is a failing store.
var (
	// ErrNotFound: nobody has registered that phone.
	ErrNotFound = errors.New("not registered")
	// ErrTaken: the phone is registered by another account, or held for it.
	ErrTaken = errors.New("registered by another account")
	// ErrNotHeld: the phone is held for nobody.
	ErrNotHeld = errors.New("not held")
	// ErrNotOperator: only operators may.
	ErrNotOperator = errors.New("for operators")
	// ErrNoSettingServer: neither the phone nor its account would have a
	// setting server; a phone that is registered always has one.
	ErrNoSettingServer = errors.New("no setting server")
	// ErrPointsBack: the URL's host is this service, so that a phone sent there
	// would come straight back.
	ErrPointsBack = errors.New("points back at this service")
	// ErrNoAccount: there is no such account, or there is no more.
	ErrNoAccount = errors.New("no such account")
	// ErrNameTaken: an account of that name exists.
	ErrNameTaken = errors.New("name taken")
	// ErrAdminName: the account named [Admin] is an operator or is not.
	ErrAdminName = errors.New("kept for an operator")
	// ErrLastOperator: no enabled operator would be left.
	ErrLastOperator = errors.New("the last operator")
	// ErrOwnsPhones: the account has phones registered.
	ErrOwnsPhones = errors.New("owns phones")
	// ErrNoKey: the account has no key of that fingerprint.
	ErrNoKey = errors.New("no such key")
	// ErrTooManyKeys: the account would have more than [MaxKeys].
	ErrTooManyKeys = errors.New("too many keys")
	// ErrDenied: a name and a password let nobody in.
	ErrDenied = errors.New("wrong name or password")
	// ErrBusy: too many wait for the same thing; later it may be had.
	ErrBusy = errors.New("too many are waiting")
)
