// Package store defines the types of the service: accounts and the phones they
// have registered, the rules that say who may change what, and the errors for
// breaking them. It does not access a database. Backends such as
// [snomredirect/store/bolt] store the values and run the rules inside their own
// transactions; all of them must pass the tests of
// [snomredirect/store/storetest].
//
// Input is parsed once, on arrival (ParseURL, ParseKey, ParseName, …). All other
// code relies on parsed values being valid.
package store

import (
	"errors"
	"time"
)

// Errors of rules and look-ups. Backends return exactly these errors for these
// cases, possibly wrapped; any other error means that the store failed.
var (
	// ErrNotFound means that the phone is not registered.
	ErrNotFound = errors.New("not registered")
	// ErrTaken means that the phone is registered by another account, or on hold
	// for it.
	ErrTaken = errors.New("registered by another account")
	// ErrTooManyTaken means that the account has learned of too many phones that they
	// are other accounts': see [MaxTaken].
	ErrTooManyTaken = errors.New("too many phones of other accounts")
	// ErrTooManyChanges means that the account has changed itself too often within a
	// day: see [MaxOwnChanges].
	ErrTooManyChanges = errors.New("too many changes of the account")
	// ErrNotHeld means that the phone is not on hold.
	ErrNotHeld = errors.New("not on hold")
	// ErrNotOperator means that only operators may make the change.
	ErrNotOperator = errors.New("only for operators")
	// ErrNoSettingServer means that neither the phone nor its account would have
	// a setting server. A registered phone always has one.
	ErrNoSettingServer = errors.New("no setting server")
	// ErrPointsBack means that the URL's host is this service, so that a phone
	// sent there would come straight back.
	ErrPointsBack = errors.New("points back at this service")
	// ErrNoAccount means that the account does not exist, or no longer.
	ErrNoAccount = errors.New("no such account")
	// ErrNameTaken means that an account of that name exists.
	ErrNameTaken = errors.New("name taken")
	// ErrAdminName means that the account named [Admin] must be an operator.
	ErrAdminName = errors.New("reserved for an operator")
	// ErrLastOperator means that no enabled operator would be left.
	ErrLastOperator = errors.New("the last operator")
	// ErrLastCredential means that the account would have no key or password left, and
	// that it is the caller's own, or the one named [Admin].
	ErrLastCredential = errors.New("the last way to log in")
	// ErrOwnsPhones means that the account has registered phones.
	ErrOwnsPhones = errors.New("owns phones")
	// ErrQuota means that the account would have more phones than its quota.
	ErrQuota = errors.New("the quota is used up")
	// ErrTooManyNew means that the account has registered too many phones within a
	// day that it did not have before.
	ErrTooManyNew = errors.New("too many new phones today")
	// ErrPhonesDisabled means that the phone's account is disabled together with its
	// phones.
	ErrPhonesDisabled = errors.New("the account's phones are disabled")
	// ErrNoKey means that the account has no key with that fingerprint.
	ErrNoKey = errors.New("no such key")
	// ErrTooManyKeys means that the account would have more than [MaxKeys] keys.
	ErrTooManyKeys = errors.New("too many keys")
	// ErrNoAPIKey means that there is no such API key, or that it is another account's.
	ErrNoAPIKey = errors.New("no such API key")
	// ErrTooManyAPIKeys means that the account would have more than [MaxAPIKeys].
	ErrTooManyAPIKeys = errors.New("too many API keys")
	// ErrProfileExists means that the account has a provisioning profile of that name.
	ErrProfileExists = errors.New("there is a profile of that name")
	// ErrTooManyProfiles means that the account would have more than
	// [MaxProvisioningProfiles].
	ErrTooManyProfiles = errors.New("too many profiles")
	// ErrNoClaim means that there is no such claim, or no longer.
	ErrNoClaim = errors.New("no such claim")
	// ErrClaimed means that the account has claimed the phone already.
	ErrClaimed = errors.New("claimed already")
	// ErrOwnPhone means that the account claims its own phone.
	ErrOwnPhone = errors.New("the account's own phone")
	// ErrTooManyClaims means that the account or the phone has too many claims.
	ErrTooManyClaims = errors.New("too many claims")
	// ErrNoFile means that the account has no such file, or not that version of it, or
	// that no account has that token.
	ErrNoFile = errors.New("no such file")
	// ErrFileSize means that a file is larger than [MaxFileSize].
	ErrFileSize = errors.New("the file is too large")
	// ErrFileSpace means that the account's files would be too large together.
	ErrFileSpace = errors.New("the space for files is used up")
	// ErrTooManyFiles means that the account would have too many files.
	ErrTooManyFiles = errors.New("too many files")
	// ErrFilesChanged means that files of the account have changed since the caller
	// read them.
	ErrFilesChanged = errors.New("the files have changed")
	// ErrDenied means that the name or the password is wrong.
	ErrDenied = errors.New("wrong name or password")
	// ErrUnavailable means that the store can't write at present, for example because
	// the disk is full. Nothing was changed.
	ErrUnavailable = errors.New("changes can't be stored")
	// ErrUnknown means that it is not known whether the change is stored: the disk, or the
	// connection to where changes are decided, has failed at the last moment.
	ErrUnknown = errors.New("not known whether the change is stored")
	// ErrTooLarge means that the change is more than the store can write at once, and is
	// not to be made in parts.
	ErrTooLarge = errors.New("more than can be changed at once")
	// ErrDamaged means that the stored data is wrong.
	ErrDamaged = errors.New("the database is damaged")
	// ErrBusy means that too many requests are waiting; a later one may succeed.
	ErrBusy = errors.New("too many are waiting")
)

// A Stale is ErrUnavailable of a store that can't reach where changes are decided. What it
// shows may have been changed since a time.
type Stale struct{ At time.Time }

func (s Stale) Error() string {
	return "changes can't be stored, and what is shown is as of " + s.At.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Is reports whether target is ErrUnavailable.
func (s Stale) Is(target error) bool { return target == ErrUnavailable }
